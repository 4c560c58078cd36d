/** The clips of the foley world that training draws from: made by threads once, their flow and sound kept on disk. */

import { availableParallelism } from 'node:os';
import type { Engine } from '../../../engine/engine.js';
import { userCache } from '../../../engine/platform/user-cache.js';
import { type ClipOptions, clipsInOrder, makeSound, Random, WORLD_VERSION, worldSeed } from '../../foley/index.js';
import { FlowExtractor } from '../../onset/index.js';
import { type CachedClip, cachePath, readCachedClip, writeCachedClip } from './clip-cache.js';
import type { WorldConfig } from './config.js';
import type { SoundClip } from './sound-mixture.js';
import { type DataOptions, runningSquares, type TrainingClip, toInt16 } from './training-clip.js';

/** What is kept of a clip beside flow and sound. */
interface WorldFacts {
  seconds: number;
  /** Seconds, rising. */
  events: number[];
  material: number;
}

export interface WorldOptions extends DataOptions {
  /** Threads that make clips; default: as many as the machine runs at a time. */
  threads?: number;
}

/**
 * The training clips of the world, in an order that the config's seed decides. Each is made once and kept in a cache file
 * of its own: an interrupted making goes on where it stopped, and more clips cost only themselves.
 *
 * @throws {FoleyError} when a clip cannot be made, {WriteError} or {SourceError} for the cache, or the signal's reason
 */
export async function worldClips(
  engine: Engine,
  world: WorldConfig,
  { cacheFolder = userCache('world'), threads = availableParallelism(), onProgress, signal }: WorldOptions = {},
): Promise<TrainingClip[]> {
  const options = optionsOf(world);
  const pathOf = (seed: number): string => cachePath(cacheFolder, WORLD_VERSION, options, seed);
  const seeds = seedsOf(world);
  const clips = new Map<number, TrainingClip>();
  for (const seed of seeds) {
    signal?.throwIfAborted();
    const cached = await readCachedClip<WorldFacts>(pathOf(seed));
    if (cached) clips.set(seed, trainingClip(cached));
  }
  const missing = seeds.filter((seed) => !clips.has(seed));
  const extractor = new FlowExtractor(engine, world.size, world.size);
  try {
    for await (const clip of clipsInOrder(missing, options, Math.min(threads, missing.length))) {
      signal?.throwIfAborted();
      const made: CachedClip<WorldFacts> = {
        facts: { seconds: clip.seconds, events: clip.events.map(({ time }) => time), material: clip.material },
        flow: await extractor.extract(clip.frames, clip.times),
        sound: toInt16(clip.sound),
      };
      await writeCachedClip(pathOf(clip.seed), made);
      clips.set(clip.seed, trainingClip(made));
      onProgress?.(clips.size, seeds.length, 'train clips');
    }
  } finally {
    extractor.dispose();
  }
  return shuffled(seeds, world.seed).map((seed) => clips.get(seed)!);
}

/**
 * The sound of the same clips in the same order, without making their frames.
 *
 * @throws the signal's reason
 */
export function worldSounds(
  world: WorldConfig,
  { onProgress, signal }: Pick<DataOptions, 'onProgress' | 'signal'> = {},
): SoundClip[] {
  return shuffled(seedsOf(world), world.seed).map((seed, i) => {
    signal?.throwIfAborted();
    const sound = toInt16(makeSound(seed, optionsOf(world)));
    onProgress?.(i + 1, world.clips, 'train sounds');
    return { sound };
  });
}

const optionsOf = ({ seconds, size }: WorldConfig): ClipOptions => ({ seconds, size, gray: true, pairs: 'training' });

const seedsOf = ({ clips }: WorldConfig): number[] =>
  Array.from({ length: clips }, (_, index) => worldSeed('train', index));

function trainingClip({ facts, flow, sound }: CachedClip<WorldFacts>): TrainingClip {
  const { seconds, events, material } = facts;
  return { seconds, sound, squares: runningSquares(sound), flow, events, classIndex: material };
}

/** In a random order (the Fisher-Yates shuffle). */
function shuffled(values: readonly number[], seed: number): number[] {
  const random = new Random(seed, 'order of epoch 0');
  const order = [...values];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
