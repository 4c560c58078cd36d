/** Training clips and a config to try the training on, small enough for a test. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTrainingConfig, type TrainingConfig } from '../../model/training/config.js';
import { runningSquares, type TrainingClip } from '../../model/training/training-data.js';
import { Random } from '../../model/training/world/random.js';
import { packageRoot } from '../../tools/terminal.js';

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
    source: 0,
    real: false,
    ...facts,
  };
}
