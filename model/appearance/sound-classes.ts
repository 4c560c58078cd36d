/**
 * From what is in an image to what sounds: `sound-classes.json` gives each sound class the ImageNet classes that
 * make it, with the share of their probability that counts for it, and the generator's classes that are nearest to it.
 */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { packagePath } from '../../engine/platform/package-path.js';
import { OnsetError } from '../../kernels/errors.js';

export interface SoundClass {
  name: string;
  /** Classes of generators, nearest first; none where nothing is like it. */
  nearest: readonly string[];
  /** Weight from 0 to 1 of ImageNet classes, by their numbers. */
  weights: ReadonlyMap<number, number>;
}

export interface Ranked {
  name: string;
  probability: number;
}

class SoundTableError extends OnsetError {
  override name = 'SoundTableError';
}

/** The class of what makes no sound that is known. */
export const NO_SOUND = 'none';
/** Below this probability nothing is said to sound. */
const LEAST = 0.1;

const schema = z.record(
  z.string(),
  z.strictObject({
    nearest: z.array(z.string()),
    images: z.record(z.string().regex(/^\d+(-\d+)?$/), z.number().positive().max(1)),
  }),
);

/**
 * Parses the table; numbers of ImageNet classes are `N` or `FIRST-LAST`.
 *
 * @throws {ZodError} when it is not such a table, {SoundTableError} when the weights of a class add up to more than 1.
 */
export function parseSoundClasses(text: string): SoundClass[] {
  const total = new Map<number, number>();
  const classes = Object.entries(schema.parse(JSON.parse(text))).map(([name, { nearest, images }]) => {
    const weights = new Map<number, number>();
    for (const [range, weight] of Object.entries(images)) {
      const [first, last = first] = range.split('-').map(Number) as [number, number?];
      for (let i = first; i <= last!; i++) {
        weights.set(i, weight);
        total.set(i, (total.get(i) ?? 0) + weight);
      }
    }
    return { name, nearest, weights };
  });
  for (const [i, sum] of total) {
    if (sum > 1 + 1e-9)
      throw new SoundTableError(`the weights of ImageNet class ${i} add up to ${sum}; at most 1 is expected`);
  }
  return classes;
}

const read = (...path: string[]): string => readFileSync(packagePath('model', 'appearance', ...path), 'utf8');

export const soundClasses = (): SoundClass[] => parseSoundClasses(read('sound-classes.json'));

/** Names of the ImageNet-1k classes in their usual order. */
export const imageNetClasses = (): string[] => JSON.parse(read('imagenet-classes.json')) as string[];

/** Sound classes by probability, highest first; what is left to 1 makes no sound that is known. */
export function rankSounds(classes: readonly SoundClass[], probabilities: ArrayLike<number>): Ranked[] {
  return classes
    .filter(({ name }) => name !== NO_SOUND)
    .map(({ name, weights }) => {
      let probability = 0;
      for (const [i, weight] of weights) probability += weight * probabilities[i]!;
      return { name, probability };
    })
    .sort((a, b) => b.probability - a.probability);
}

/** The likeliest sound of a ranking, or none. */
export function chooseSound(ranked: readonly Ranked[]): Ranked {
  const [first] = ranked;
  if (first && first.probability >= LEAST) return first;
  return { name: NO_SOUND, probability: 1 - ranked.reduce((sum, { probability }) => sum + probability, 0) };
}

/** The generator's class that is nearest to a sound, if any is. */
export function nearestClass(
  classes: readonly SoundClass[],
  sound: string,
  generator: readonly string[],
): string | undefined {
  if (generator.includes(sound)) return sound;
  return classes.find(({ name }) => name === sound)?.nearest.find((name) => generator.includes(name));
}
