/** The weights of the network that classifies images: from the cache, or pulled when first needed. */

import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { APPEARANCE } from '../weights/hub/appearance.js';
import { targetFolder } from '../weights/hub/cache.js';
import { fileSize, modelCacheFolder } from '../weights/hub/disk.js';
import { PullError } from '../weights/hub/errors.js';
import { type Pulled, pull } from '../weights/hub/pull.js';
import { WriteError } from '../weights/index.js';
import { pullInWords, throttled } from './pull.js';
import { progress, say } from './terminal.js';

interface AppearanceOptions {
  /** Use only what is in the cache. */
  offline?: boolean;
  signal?: AbortSignal;
}

const DAY_MS = 24 * 3600 * 1000;

/**
 * Path of the checkpoint, pulled if it is not there.
 * @throws the errors of `pull`
 */
export async function appearanceWeights({ offline, signal }: AppearanceOptions): Promise<string> {
  const bar = throttled(progress('pull'));
  try {
    const pulled = await pull(APPEARANCE, {
      offline,
      signal,
      onPlan: (plan) => say(pullInWords(APPEARANCE, plan)),
      onProgress: (stage, done, total) => bar.update(stage, done, total),
    });
    return fileOf(pulled);
  } finally {
    bar.stop();
  }
}

/**
 * As `appearanceWeights`, for a run that works without them: undefined where they cannot be pulled, which one line on
 * stderr reports. The next try is a day later.
 */
export async function appearanceIfAvailable(options: AppearanceOptions): Promise<string | undefined> {
  const folder = targetFolder(APPEARANCE, modelCacheFolder());
  const path = join(folder, APPEARANCE.files[0]!.name);
  if (fileSize(path) !== undefined) return path;
  const tried = `${folder}.tried`;
  if (options.offline || Date.now() - (statSync(tried, { throwIfNoEntry: false })?.mtimeMs ?? 0) < DAY_MS)
    return undefined;
  try {
    return await appearanceWeights(options);
  } catch (error) {
    if (!(error instanceof PullError || error instanceof WriteError)) throw error;
    recordTry(tried);
    say(
      `the picture does not tell what sounds (${error.message}); the model’s own guess is used. ` +
        'To try again before tomorrow: node engine pull appearance',
    );
    return undefined;
  }
}

function fileOf({ folder, files }: Pulled): string {
  return join(folder, files[0]!.name);
}

/** Where the cache cannot be written, each run tries again. */
function recordTry(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  } catch {}
}
