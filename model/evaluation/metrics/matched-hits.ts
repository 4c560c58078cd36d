/** Hits of a sound and the true hits that they stand for. */

import { matchEvents } from './event-matching.js';
import { type LevelTrack, levelTrack } from './level-track.js';

/** A sound's onsets beside those of the clip's true sound. */
export interface HitComparison {
  /** Mono. */
  sound: Float32Array;
  /** Mono, at the same rate. */
  reference: Float32Array;
  /** Hz. */
  sampleRate: number;
  /** Seconds in the sound, rising. */
  onsets: readonly number[];
  /** Seconds in the reference, rising. */
  referenceOnsets: readonly number[];
  /** Seconds by which the sound is late against the reference, taken off before onsets are matched. Default 0. */
  offset?: number;
}

/** One hit: its onset in seconds, and the sound's next onset, ∞ after the last. */
export interface Hit {
  onset: number;
  next: number;
}

/** Seconds between onsets that are matched, at most. */
const TOLERANCE = 0.1;

/** The pairs of one-to-one matched onsets within ±100 ms, and the levels of both sounds. */
export function matchedHits(comparison: HitComparison): {
  pairs: { hit: Hit; reference: Hit }[];
  levels: LevelTrack;
  referenceLevels: LevelTrack;
} {
  const { onsets, referenceOnsets, sampleRate, offset = 0 } = comparison;
  const hitAt = (times: readonly number[], i: number): Hit => ({
    onset: times[i]!,
    next: times[i + 1] ?? Number.POSITIVE_INFINITY,
  });
  const { pairs } = matchEvents(
    onsets.map((time) => time - offset),
    referenceOnsets,
    TOLERANCE,
  );
  return {
    pairs: pairs.map(({ predicted, actual }) => ({
      hit: hitAt(onsets, predicted),
      reference: hitAt(referenceOnsets, actual),
    })),
    levels: levelTrack(comparison.sound, sampleRate),
    referenceLevels: levelTrack(comparison.reference, sampleRate),
  };
}
