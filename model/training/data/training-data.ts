/** What the stages draw from: clips in memory, with flow instead of pictures. */

import type { Engine } from '../../../engine/engine.js';
import type { Split } from '../../foley/clip.js';
import { FlowExtractor } from '../../onset/flow-extractor.js';
import type { FlowClip } from '../../onset/flow-features.js';
import type { TrainingConfig } from '../config.js';
import { WorldDataset } from './dataset.js';

export interface TrainingClip {
  seconds: number;
  /** 16 kHz mono. */
  sound: Int16Array;
  /** Running sum of the squared sound in [−1, 1], one longer than it: any stretch's energy in two look-ups. */
  squares: Float64Array;
  flow: FlowClip;
  /** Seconds at which something is struck, rising. */
  events: number[];
  /** Sound class; null where it is not known, as with real clips. */
  classIndex: number | null;
  /** Whether what sounds is seen; always so in the world. */
  causeSeen: boolean;
  /** Kind of source, for reports: −1 for real clips. */
  source: number;
  real: boolean;
  /** Normalised latents [tokens, channels], once the codec is trained. */
  latents?: Float32Array;
}

export interface DataProgress {
  onProgress?: (done: number, total: number, what: string) => void;
  signal?: AbortSignal;
}

/** Clips of the procedural world with their optical flow; made once and cached on disk. */
export async function worldClips(
  engine: Engine,
  config: TrainingConfig,
  split: Split,
  count: number,
  { onProgress, signal }: DataProgress = {},
): Promise<TrainingClip[]> {
  const { world } = config.data;
  const extractor = new FlowExtractor(engine, world.size, world.size);
  const dataset = new WorldDataset({
    seed: world.seed,
    count,
    split,
    clip: { seconds: world.seconds, size: world.size, gray: true, pairs: split === 'train' ? 'seen' : 'all' },
    cache: 'disk',
    transform: {
      key: `flow ${FlowExtractor.version}`,
      apply: async ({ frames, times }) => {
        const flow = await extractor.extract(frames, times);
        return { grid: flow.grid, midTimes: flow.midTimes };
      },
    },
    onProgress: (done, total) => onProgress?.(done, total, `${split} clips`),
    signal,
  });
  try {
    await dataset.prepare();
    const items = await dataset.next(count);
    return items.map(({ facts, arrays }) => {
      const sound = arrays.sound as Int16Array;
      return {
        seconds: facts.seconds,
        sound,
        squares: runningSquares(sound),
        flow: { grid: arrays.grid as Float32Array, midTimes: arrays.midTimes as Float64Array },
        events: facts.events.map((e) => e.time),
        classIndex: facts.material,
        causeSeen: true,
        source: facts.source,
        real: false,
      };
    });
  } finally {
    extractor.dispose();
    await dataset.dispose();
  }
}

export function runningSquares(sound: Int16Array): Float64Array {
  const sums = new Float64Array(sound.length + 1);
  for (let i = 0; i < sound.length; i++) sums[i + 1] = sums[i]! + (sound[i]! / 32767) ** 2;
  return sums;
}
