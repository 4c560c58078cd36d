/** Clips to evaluate on: held-out procedural ones, and folders of real ones. */

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Engine } from '../../../engine/engine.js';
import { makeClip, worldSeed } from '../../foley/index.js';
import { decodeAudio, openClip } from '../../media/index.js';
import { extractFeatures, FlowExtractor, SAMPLE_RATE } from '../../onset/index.js';
import { readManifest } from '../../training/data/index.js';
import { EvaluationError } from '../errors.js';
import type { EvaluationClip } from '../evaluate.js';
import { detectOnsets } from '../metrics/onset-detection.js';

/** Width and height at which the flow of evaluation clips is measured, in pixels; the shipped model's own. */
const SIZE = 64;

export interface ClipsOptions {
  onProgress?: (stage: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

/** `count` clips of the world's validation seeds, all kinds of material and source, 4 s each. */
export async function proceduralClips(
  engine: Engine,
  count: number,
  { onProgress, signal }: ClipsOptions = {},
): Promise<EvaluationClip[]> {
  const extractor = new FlowExtractor(engine, SIZE, SIZE);
  const clips: EvaluationClip[] = [];
  try {
    for (let i = 0; i < count; i++) {
      signal?.throwIfAborted();
      const clip = makeClip(worldSeed('validation', i), { size: SIZE, pairs: 'all' });
      clips.push({
        name: `world ${i}`,
        features: { seconds: clip.seconds, flow: await extractor.extract(clip.frames, clip.times) },
        sound: clip.sound,
        events: clip.events.map((e) => e.time),
      });
      onProgress?.('making clips', i + 1, count);
    }
  } finally {
    extractor.dispose();
  }
  return clips;
}

/**
 * The sets of real clips of a folder, by name: `vas`, `vggsound`, and the validation hits of `footage`, those that are
 * there. Events are the onsets of each clip's own sound.
 *
 * @throws {EvaluationError} for a folder without any of them, {MediaError} for a clip that cannot be read,
 * {FootageError} for the manifest of `footage`
 */
export async function realClips(
  engine: Engine,
  folder: string,
  { onProgress, signal }: ClipsOptions = {},
): Promise<Record<string, EvaluationClip[]>> {
  const sets: Record<string, EvaluationClip[]> = {};
  for (const [name, paths] of Object.entries(realPaths(folder))) {
    const clips: EvaluationClip[] = [];
    for (const path of paths) {
      const sound = await decodeAudio(path, { sampleRate: SAMPLE_RATE, signal });
      const clip = await openClip(path, { signal });
      const { features } = await extractFeatures(engine, clip, { size: SIZE, signal });
      clips.push({ name: basename(path), features, sound, events: detectOnsets(sound, SAMPLE_RATE) });
      onProgress?.(`reading ${name}`, clips.length, paths.length);
    }
    sets[name] = clips;
  }
  return sets;
}

/** Paths of the clips of each set. */
function realPaths(folder: string): Record<string, string[]> {
  const paths: Record<string, string[]> = {};
  for (const name of ['vas', 'vggsound']) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    const files = readdirSync(path).filter((file) => file.endsWith('.mp4'));
    paths[name] = files.sort().map((file) => join(path, file));
  }
  const footage = join(folder, 'footage');
  if (existsSync(footage)) {
    const entries = readManifest(footage).filter((entry) => entry.split === 'val' && entry.hit);
    paths['footage validation hits'] = entries.map((entry) => entry.path);
  }
  if (Object.keys(paths).length === 0) {
    throw new EvaluationError(`${folder}: there is none of the sets vas, vggsound and footage in this folder`);
  }
  return paths;
}
