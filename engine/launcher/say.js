// What the launcher says goes to stderr; stdout belongs to the command's results.
import { createInterface } from 'node:readline/promises';

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** A failure with a message for the user and the exit code that goes with it. */
export class LaunchError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Asks on a terminal; without one, or with `--yes`, goes on. */
export async function agreed(question, yes) {
  if (yes || !process.stdin.isTTY || !process.stderr.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(y(es)?)?$/i.test((await terminal.question(`${question} [Y/n] `)).trim());
  } finally {
    terminal.close();
  }
}
