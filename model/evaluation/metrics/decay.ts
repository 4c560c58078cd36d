/** Whether hits die away as fast as they should. */

import type { LevelTrack } from './level-track.js';
import { type Hit, type HitComparison, matchedHits } from './matched-hits.js';

/** Seconds after an onset within which its sound is loudest. */
const ATTACK = 0.06;
/** Seconds after the loudest frame, at most, and dB that it falls, at most, over which the decay is fitted. */
const LONGEST = 0.5;
const DEEPEST = 30;
/** Seconds before an onset whose level is the background that the decay ends in, and dB above it that are still decay. */
const BACKGROUND = 0.05;
const MARGIN = 3;
const FEWEST_FRAMES = 3;
/** Seconds of the slowest time constant; a level that falls more slowly, or not at all, is given this one. */
const SLOWEST = 2;

/**
 * The time constant of hits against that of the true hits matched with them: the geometric mean over pairs of τ / τ_true, 1 where they
 * die away alike, above 1 where they ring too long. τ is the time in which the amplitude falls to 1/e: 8.69 dB over the slope
 * of a line fitted to the level of 10 ms frames (less the power before the hit), from the loudest frame after the onset to the next onset, the background's
 * level, 30 dB less or half a second. What falls slower than τ = 2 s counts as 2 s.
 *
 * Left out are pairs whose true sound does not decay, or where either is followed too soon by the next onset. One slope stands
 * for the whole decay: a sharp attack over a long tail is not told from an even decline.
 *
 * @returns null where no pair is left
 */
export function decayRatio(comparison: HitComparison): number | null {
  const { pairs, levels, referenceLevels } = matchedHits(comparison);
  const logs: number[] = [];
  for (const { hit, reference } of pairs) {
    const expected = timeConstant(referenceLevels, reference);
    const found = timeConstant(levels, hit);
    if (expected !== null && found !== null && expected < SLOWEST) logs.push(Math.log(found / expected));
  }
  return logs.length === 0 ? null : Math.exp(logs.reduce((sum, v) => sum + v, 0) / logs.length);
}

/** Seconds, at most SLOWEST; null where there are too few frames to fit. */
function timeConstant({ levels, seconds }: LevelTrack, { onset, next }: Hit): number | null {
  const first = Math.max(0, Math.floor(onset / seconds));
  const end = Math.min(levels.length, Math.floor(next / seconds));
  let peak = first;
  for (let f = first; f < Math.min(end, first + ATTACK / seconds); f++) if (levels[f]! > levels[peak]!) peak = f;
  const background = meanPower(levels.subarray(Math.max(0, first - Math.round(BACKGROUND / seconds)), first));
  const lowest = Math.max(levels[peak]! - DEEPEST, 10 * Math.log10(background) + MARGIN);
  let last = peak;
  while (last < Math.min(end, peak + LONGEST / seconds) && levels[last]! >= lowest) last++;
  if (last - peak < FEWEST_FRAMES) return null;
  const decay = levels.subarray(peak, last).map((level) => 10 * Math.log10(powerOf(level) - background));
  const fall = -slope(decay) / seconds;
  return fall <= 0 ? SLOWEST : Math.min(SLOWEST, (20 * Math.LOG10E) / fall);
}

const powerOf = (level: number): number => 10 ** (level / 10);

/** 0 of nothing: a hit at the start of the clip has no background. */
const meanPower = (levels: Float64Array): number =>
  levels.reduce((sum, level) => sum + powerOf(level) / levels.length, 0);

/** Of the least-squares line through evenly spaced values, per step. */
function slope(values: Float64Array): number {
  const middle = (values.length - 1) / 2;
  let [products, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    products += (i - middle) * values[i]!;
    squares += (i - middle) ** 2;
  }
  return products / squares;
}
