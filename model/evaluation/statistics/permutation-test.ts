/** Whether two systems differ on the same clips by more than chance. */

import { Random } from '../../foley/random.js';
import { EvaluationError } from '../errors.js';

export interface PermutationOptions {
  /** Relabelings to draw where there are more than this many; else all are counted. Default 5,000. */
  permutations?: number;
  /** Default 0. */
  seed?: number;
}

export interface PermutationTest {
  /** Statistic of the first system less that of the second; null where either is not defined. */
  difference: number | null;
  /** Two-sided; null where the difference is. With n clips it cannot be below 2^(1 − n). */
  p: number | null;
  clips: number;
}

/**
 * The paired permutation test (Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005): where the systems
 * are alike, which of a clip's two results belongs to which system is a toss of a coin. `p` is the share of relabelings
 * whose difference is at least as large either way. For a mean over clips this is the sign-flip test.
 *
 * Where not all relabelings are counted, p = (1 + as large) / (1 + drawn), which never claims too much (Phipson and
 * Smyth, 2010).
 *
 * @param first results of one system, one for each clip
 * @param second results of the other, of the same clips in the same order
 * @param statistic of a list of results; null where it is not defined
 * @throws {EvaluationError} when the lists differ in length
 */
export function pairedPermutationTest<T>(
  first: readonly T[],
  second: readonly T[],
  statistic: (items: readonly T[]) => number | null,
  { permutations = 5000, seed = 0 }: PermutationOptions = {},
): PermutationTest {
  const clips = first.length;
  if (second.length !== clips) {
    throw new EvaluationError(
      `paired test: results of ${clips} and of ${second.length} clips; give both systems' results of the same clips`,
    );
  }
  const observed = difference(first, second, statistic);
  if (observed === null) return { difference: null, p: null, clips };
  // Rounding differs with the order of summation.
  const bar = Math.abs(observed) * (1 - 1e-9) - 1e-12;
  const exact = 2 ** clips <= permutations;
  const total = exact ? 2 ** clips : permutations;
  const random = new Random(seed, 'permutation test');
  let asLarge = 0;
  for (let i = 0; i < total; i++) {
    const swapped = first.map((_, clip) => (exact ? ((i >> clip) & 1) === 1 : random.chance(0.5)));
    const value = difference(
      first.map((item, clip) => (swapped[clip] ? second[clip]! : item)),
      second.map((item, clip) => (swapped[clip] ? first[clip]! : item)),
      statistic,
    );
    // A relabeling without a value speaks against no difference.
    if (value === null || Math.abs(value) >= bar) asLarge++;
  }
  return { difference: observed, p: exact ? asLarge / total : (1 + asLarge) / (1 + total), clips };
}

function difference<T>(
  first: readonly T[],
  second: readonly T[],
  statistic: (items: readonly T[]) => number | null,
): number | null {
  const a = statistic(first);
  const b = statistic(second);
  return a === null || b === null ? null : a - b;
}
