/** Confidence intervals by resampling clips. */

import { Random } from '../../foley/random.js';
import { quantile } from '../metrics/quantile.js';

/** Of a figure over clips: the mean or pooled value, its bootstrap interval, and how many clips it was taken of. */
export interface Estimate {
  /** `null` where it is not defined for what was measured. */
  value: number | null;
  /** Bounds of the 95 % bootstrap interval over clips; absent for a single clip, and where most resamples have no value. */
  low?: number;
  high?: number;
  /** Clips that it is taken of; of a distribution's distance, the sounds compared. */
  clips: number;
}

export interface BootstrapOptions {
  /** Default 1,000. */
  resamples?: number;
  /** Default 0. */
  seed?: number;
}

/**
 * The 95 % percentile interval of any statistic of a list of clips, a mean as well as a pooled score (Efron and
 * Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13): of many lists of as many clips, drawn with replacement.
 *
 * It says how the figure would vary with other clips of the same kind. With fewer than about 20 clips it is too narrow.
 *
 * @param items one for each clip; where several scores belong to a clip (seeds), they are one item
 * @param statistic null where it is not defined: such resamples are left out
 */
export function bootstrapInterval<T>(
  items: readonly T[],
  statistic: (items: readonly T[]) => number | null,
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): Estimate {
  const estimate: Estimate = { value: statistic(items), clips: items.length };
  if (items.length < 2 || estimate.value === null) return estimate;
  const random = new Random(seed, 'bootstrap');
  const values: number[] = [];
  for (let i = 0; i < resamples; i++) {
    const value = statistic(items.map(() => random.pick(items)));
    if (value !== null) values.push(value);
  }
  if (values.length <= resamples / 2) return estimate;
  return { ...estimate, low: quantile(values, 0.025)!, high: quantile(values, 0.975)! };
}
