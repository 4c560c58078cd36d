/** Training clips, footage and a config that are small enough for a test. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../engine/platform/package-path.js';
import { Random } from '../../../model/foley/random.js';
import { parseTrainingConfig, type TrainingConfig } from '../../../model/training/config.js';
import { runningSquares, type TrainingClip } from '../../../model/training/data/training-clip.js';
import { ffmpeg } from '../media/clips.js';

export const TINY_CONFIG: string = join(packageRoot(), 'model', 'training', 'configs', 'tiny.json');

export const tinyConfig = (): TrainingConfig => parseTrainingConfig(readFileSync(TINY_CONFIG, 'utf8'), TINY_CONFIG);

/** A clip of noise in which nothing moves. */
export function soundingClip(seconds: number, seed: number, facts: Partial<TrainingClip> = {}): TrainingClip {
  const random = new Random(seed, 'sound');
  const sound = Int16Array.from({ length: Math.round(seconds * 16_000) }, () => random.normal(0, 3000));
  return {
    seconds,
    sound,
    squares: runningSquares(sound),
    flow: { grid: new Float32Array(0), midTimes: new Float64Array(0) },
    events: [],
    classIndex: 0,
    ...facts,
  };
}

/** One line of a footage manifest, and its clip: a moving test image at 30 fps with a tone. */
export interface ExampleFootage {
  file: string;
  seconds: number;
  split?: 'train' | 'val';
  hit?: 0 | 1;
  onsets?: string;
  /** Without, the clip is silent: it has no sound stream. */
  sound?: boolean;
}

/** Makes a folder of footage, with its manifest. */
export async function makeFootage(folder: string, clips: readonly ExampleFootage[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const columns = ['file', 'split', 'hit', 'seconds', 'onsets', 'label', 'scene', 'source'];
  const lines = [columns.join('\t')];
  for (const [i, { file, seconds, split = 'train', hit = 1, onsets = '0.5', sound = true }] of clips.entries()) {
    lines.push([file, split, hit, seconds, onsets, 'test', i, 'ffmpeg'].join('\t'));
    await ffmpeg(
      ...['-f', 'lavfi', '-i', `testsrc2=s=96x64:r=30:d=${seconds}`],
      ...(sound ? ['-f', 'lavfi', '-i', `sine=f=${300 + 100 * i}:r=44100:d=${seconds}`, '-c:a', 'aac'] : []),
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', join(folder, file)],
    );
  }
  writeFileSync(join(folder, 'manifest.tsv'), `${lines.join('\n')}\n`);
}
