/** JSON that people write or that came from elsewhere, with errors of the caller's own class. */

/** `JSON.parse`; a text that is not JSON throws what `failed` makes of the parser's error. */
export function parseJson(text: string, failed: (cause: Error) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw failed(cause as Error);
  }
}

/** Every fault that a zod schema found, with its path: `unet.channels: expected number`. */
export function schemaFaults({
  issues,
}: {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}): string[] {
  return issues.map(({ path, message }) => `${path.map(String).join('.') || 'the whole'}: ${message}`);
}
