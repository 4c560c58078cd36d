/** Clips to evaluate on: held-out procedural ones, and folders of real ones where they are at hand. */

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Engine } from '../../engine/engine.js';
import { makeClip, worldSeed } from '../foley/clip.js';
import { decodeAudio, openClip } from '../media/index.js';
import { extractFeatures } from '../onset/extract-features.js';
import { FlowExtractor } from '../onset/flow-extractor.js';
import { readManifest } from '../training/data/footage.js';
import type { EvaluationClip } from './evaluate.js';
import { detectOnsets } from './onsets.js';

/** Pixels a side at which the flow of evaluation clips is measured; the shipped model's own. */
const SIZE = 64;

type Report = (stage: string, done: number, total: number) => void;

/** `count` clips of the world's validation seeds, all kinds of material and source, 4 s each. */
export async function procedural(
  engine: Engine,
  count: number,
  report: Report,
  signal?: AbortSignal,
): Promise<EvaluationClip[]> {
  const extractor = new FlowExtractor(engine, SIZE, SIZE);
  const clips: EvaluationClip[] = [];
  for (let i = 0; i < count; i++) {
    signal?.throwIfAborted();
    const clip = makeClip(worldSeed('validation', i), { size: SIZE, pairs: 'all' });
    clips.push({
      name: `world ${i}`,
      seen: { seconds: clip.seconds, flow: await extractor.extract(clip.frames, clip.times) },
      sound: clip.sound,
      events: clip.events.map((e) => e.time),
    });
    report('making clips', i + 1, count);
  }
  extractor.dispose();
  return clips;
}

/** `vas`, `vggsound`, and the validation hits of `footage`, as far as the folder has them; events are those of the true sound. */
export async function realSets(
  engine: Engine,
  folder: string,
  report: Report,
  signal?: AbortSignal,
): Promise<Record<string, EvaluationClip[]>> {
  const files: Record<string, string[]> = {};
  for (const name of ['vas', 'vggsound']) {
    const path = join(folder, name);
    if (existsSync(path))
      files[name] = readdirSync(path)
        .filter((f) => f.endsWith('.mp4'))
        .sort()
        .map((f) => join(path, f));
  }
  const footage = join(folder, 'footage');
  if (existsSync(footage)) {
    files['footage validation hits'] = readManifest(footage)
      .filter((entry) => entry.split === 'val' && entry.hit)
      .map((entry) => join(footage, entry.file));
  }
  const sets: Record<string, EvaluationClip[]> = {};
  for (const [name, paths] of Object.entries(files)) {
    sets[name] = [];
    for (const [i, path] of paths.entries()) {
      const sound = await decodeAudio(path, { signal });
      sets[name].push({
        name: basename(path),
        seen: (await extractFeatures(engine, await openClip(path, { signal }), { size: SIZE, signal })).features,
        sound,
        events: detectOnsets(sound),
      });
      report(`watching ${name}`, i + 1, paths.length);
    }
  }
  return sets;
}
