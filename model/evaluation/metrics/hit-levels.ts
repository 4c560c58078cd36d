/** Whether loud hits are loud and soft ones soft. */

import { correlation } from './correlation.js';
import { type LevelTrack, levelTrack } from './level-track.js';

/** An onset of a sound and the one of the reference that it is matched with, each in seconds of its own sound. */
export interface OnsetPair {
  onset: number;
  reference: number;
}

/** Seconds around an onset within which its loudest 10 ms are looked for. */
const [BEFORE, AFTER] = [0.01, 0.06];
const FEWEST = 3;

/**
 * Pearson's correlation of the levels (dB) of a sound's hits with those of the matched hits of the reference, −1…1. Blind to
 * overall level and to the range of levels; says nothing of onsets that have no match.
 *
 * @param sound mono
 * @param reference mono, at the same rate
 * @param sampleRate Hz
 * @returns null for less than three pairs, or where either sound's hits are all alike
 */
export function hitLevelCorrelation(
  sound: Float32Array,
  reference: Float32Array,
  sampleRate: number,
  pairs: readonly OnsetPair[],
): number | null {
  if (pairs.length < FEWEST) return null;
  const [a, b] = [levelTrack(sound, sampleRate), levelTrack(reference, sampleRate)];
  return correlation(
    pairs.map(({ onset }) => hitLevel(a, onset)),
    pairs.map((pair) => hitLevel(b, pair.reference)),
  );
}

/** dB of the loudest frame at an onset. */
function hitLevel({ levels, seconds }: LevelTrack, onset: number): number {
  const from = Math.max(0, Math.floor((onset - BEFORE) / seconds));
  const to = Math.min(levels.length, Math.ceil((onset + AFTER) / seconds));
  return Math.max(...levels.subarray(Math.min(from, levels.length - 1), Math.max(to, from + 1)));
}
