/** Whether loud hits are loud and soft ones soft. */

import { correlation } from './correlation.js';
import type { LevelTrack } from './level-track.js';
import { type HitComparison, matchedHits } from './matched-hits.js';

/** Seconds around an onset within which its loudest 10 ms are looked for. */
const [BEFORE, AFTER] = [0.01, 0.06];
const FEWEST = 3;

/**
 * Pearson's correlation of the levels (dB) of a sound's hits with those of the matched hits of the reference, −1…1. Blind to
 * overall level and to the range of levels; says nothing of onsets that have no match.
 *
 * @returns null for less than three matched onsets, or where either sound's hits are all alike
 */
export function hitLevelCorrelation(comparison: HitComparison): number | null {
  const { pairs, levels, referenceLevels } = matchedHits(comparison);
  if (pairs.length < FEWEST) return null;
  return correlation(
    pairs.map(({ hit }) => hitLevel(levels, hit.onset)),
    pairs.map(({ reference }) => hitLevel(referenceLevels, reference.onset)),
  );
}

/** dB of the loudest frame at an onset. */
function hitLevel({ levels, seconds }: LevelTrack, onset: number): number {
  const from = Math.max(0, Math.floor((onset - BEFORE) / seconds));
  const to = Math.min(levels.length, Math.ceil((onset + AFTER) / seconds));
  return Math.max(...levels.subarray(Math.min(from, levels.length - 1), Math.max(to, from + 1)));
}
