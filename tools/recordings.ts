/** The CC0 recordings that evaluations compare with: from the cache, or pulled when first needed. */

import { join } from 'node:path';
import { PullError } from '../weights/hub/errors.js';
import { pull } from '../weights/hub/pull.js';
import { RECORDINGS, RECORDINGS_FILE } from '../weights/hub/recordings.js';
import { WriteError } from '../weights/index.js';
import { pullInWords, throttled } from './pull.js';
import { progress, say } from './terminal.js';

/** Path of the archive, or why it cannot be had; one line on stderr says what is fetched. */
export async function recordingsIfAvailable(options: {
  offline?: boolean | undefined;
  signal: AbortSignal;
}): Promise<{ archive: string } | { reason: string }> {
  const bar = throttled(progress('pull'));
  try {
    const { folder } = await pull(RECORDINGS, {
      offline: options.offline ?? false,
      signal: options.signal,
      onPlan: (plan) => say(pullInWords(RECORDINGS, plan)),
      onProgress: (stage, done, total) => bar.update(stage, done, total),
    });
    return { archive: join(folder, RECORDINGS_FILE) };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof PullError || error instanceof WriteError)) throw error;
    return { reason: error.message };
  } finally {
    bar.stop();
  }
}
