/** The constant lag of a sound behind its picture. */

import { f1, type Match, matchEvents, type ReferenceEvent } from './event-matching.js';

/** Seconds that a lag may be either way: sound from 50 m away is .15 s late. */
const LIMIT = 0.2;
const STEPS_PER_SECOND = 200;

/** By rising distance from 0, 5 ms apart; of two as far, the late one first, for late is what real sound is. */
const LAGS: readonly number[] = Array.from({ length: 2 * LIMIT * STEPS_PER_SECOND + 1 }, (_, i) => {
  const steps = Math.ceil(i / 2);
  return steps === 0 ? 0 : (i % 2 === 1 ? steps : -steps) / STEPS_PER_SECOND;
});

export interface BestLag {
  /** Seconds by which the sound is late; negative where it is early. */
  lag: number;
  /** Of the onsets less the lag. */
  at50: Match;
  at100: Match;
}

/**
 * The one lag of the clip, among −.2…+.2 s in steps of 5 ms, at which F1 within ±50 ms is highest. Ties go to the least
 * mean |error| of its pairs, and then to the lag nearest 0.
 *
 * The choice is made with the events in hand, so this F1 is flattered: a control must be given the same freedom.
 *
 * @param onsets seconds
 */
export function bestLag(onsets: readonly number[], events: readonly ReferenceEvent[]): BestLag {
  let best = { lag: 0, f1: -1, error: 0 };
  for (const lag of LAGS) {
    const matching = matchEvents(shifted(onsets, lag), events, 0.05);
    const { pairs } = matching;
    const error = pairs.reduce((sum, pair) => sum + Math.abs(pair.error), 0) / Math.max(1, pairs.length);
    const score = f1(matching);
    if (score > best.f1 || (score === best.f1 && error < best.error - 1e-9)) best = { lag, f1: score, error };
  }
  const times = shifted(onsets, best.lag);
  return { lag: best.lag, at50: counts(times, events, 0.05), at100: counts(times, events, 0.1) };
}

function shifted(onsets: readonly number[], lag: number): number[] {
  return onsets.map((time) => time - lag);
}

function counts(times: readonly number[], events: readonly ReferenceEvent[], tolerance: number): Match {
  const { hits, predicted, actual } = matchEvents(times, events, tolerance);
  return { hits, predicted, actual };
}
