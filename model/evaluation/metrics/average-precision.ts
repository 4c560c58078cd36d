/** Average precision of detected onsets by their confidence. */

import { matchEvents, type ReferenceEvent } from './event-matching.js';

/** An onset of a sound. */
export interface ScoredOnset {
  /** Seconds. */
  time: number;
  /** Higher is surer; comparable between clips. */
  confidence?: number;
}

/** How the counts of a clip's best matching change as the threshold of confidence falls. */
export interface PrecisionRecallSteps {
  /** Events that are not optional. */
  actual: number;
  /** By falling confidence: what lowering the threshold to it adds to the counts. */
  steps: readonly { confidence: number; hits: number; predicted: number }[];
}

/**
 * Matches the onsets of at least each confidence anew: as `matchEvents` does, one to one and with optional events.
 *
 * @param tolerance seconds
 * @returns null where an onset has no confidence
 */
export function precisionRecallSteps(
  onsets: readonly ScoredOnset[],
  events: readonly ReferenceEvent[],
  tolerance: number,
): PrecisionRecallSteps | null {
  if (onsets.some(({ confidence }) => confidence === undefined)) return null;
  const sorted = onsets.toSorted((a, b) => b.confidence! - a.confidence!);
  const steps: { confidence: number; hits: number; predicted: number }[] = [];
  let last = { hits: 0, predicted: 0 };
  for (let i = 0; i < sorted.length; i++) {
    const confidence = sorted[i]!.confidence!;
    if (sorted[i + 1]?.confidence === confidence) continue;
    const times = sorted.slice(0, i + 1).map(({ time }) => time);
    const { hits, predicted } = matchEvents(times, events, tolerance);
    steps.push({ confidence, hits: hits - last.hits, predicted: predicted - last.predicted });
    last = { hits, predicted };
  }
  return { actual: events.filter(({ optional }) => !optional).length, steps };
}

/**
 * Area under precision against recall over one threshold for all clips, Σ (Rₖ − Rₖ₋₁)·Pₖ: without interpolation, as
 * scikit-learn's `average_precision_score` has it. Events that no threshold finds count as recall never reached.
 *
 * @returns 0…1; null where no event is demanded
 */
export function averagePrecision(clips: readonly PrecisionRecallSteps[]): number | null {
  const actual = clips.reduce((sum, clip) => sum + clip.actual, 0);
  if (actual === 0) return null;
  const steps = clips.flatMap((clip) => clip.steps).sort((a, b) => b.confidence - a.confidence);
  let [hits, predicted, gained, area] = [0, 0, 0, 0];
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    hits += step.hits;
    predicted += step.predicted;
    gained += step.hits;
    if (steps[i + 1]?.confidence === step.confidence) continue;
    if (gained > 0) area += (gained / actual) * (hits / predicted);
    gained = 0;
  }
  return area;
}
