/** The base of every error that Onset throws on purpose. It stands in the lowest room, so that all others may extend it. */

export class OnsetError extends Error {
  override name = 'OnsetError';
  /** Exit code of the command line when a command ends with this error. */
  readonly exitCode: number = 1;
  /** What to do about it, where that is known; the message ends with it. */
  readonly remedy?: string | undefined;
}

/** A kernel family that cannot solve a problem, or a template that is asked for wrongly. */
export class KernelError extends OnsetError {
  override name = 'KernelError';
}

/** A WGSL template that is malformed, or is given other defines than it asks for; the message begins with file and line. */
export class PreprocessorError extends OnsetError {
  override name = 'PreprocessorError';
}
