/** Ctrl-C and the end of the launcher. */

import { OnsetError } from '../kernels/errors.js';

export class Interrupted extends OnsetError {
  override name = 'Interrupted';
  override readonly exitCode = 130;
}

/** Signals within this time of the first are the same Ctrl-C, which a terminal and the launcher both deliver. */
const ECHO_MS = 700;

/**
 * Runs `work` with a signal that Ctrl-C (SIGINT) or SIGTERM aborts; `work` then tidies up and the call throws
 * `Interrupted`. A second Ctrl-C ends the process at once; temporary files are removed even so.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let first = 0;
  const stop = (): void => {
    if (first === 0) {
      first = Date.now();
      controller.abort(new Interrupted('stopped'));
    } else if (Date.now() - first > ECHO_MS) process.exit(130);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    // Whatever broke because of the abort, the abort is the reason.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    for (const signal of signals) process.removeListener(signal, stop);
  }
}

/** Ends this process when the launcher is killed, so that `kill -9` on what the user started stops the work. */
export function tieToLauncher(): void {
  if (!process.channel) return;
  process.on('disconnect', () => process.exit(143));
  process.channel.unref();
}
