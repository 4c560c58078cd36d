/** One-to-one matching of predicted and actual times of events, and F1 of it. */

/** Seconds that rounding may add to a difference of times, so that an error of just the tolerance is within it. */
const ROUNDING = 1e-9;

/** An event of a clip. */
export interface ReferenceEvent {
  /** Seconds in picture time. */
  time: number;
  /** Neither demanded nor punished: a sound there is right, and so is none. */
  optional?: boolean;
  /** How strong it is, 0…1, where that is known. No metric weighs by it. */
  strength?: number;
}

/** Counts of a matching. */
export interface Match {
  /** Pairs of a predicted time and an actual event that is not optional. */
  hits: number;
  /** Predicted times, less those paired with an optional event. */
  predicted: number;
  /** Actual events that are not optional. */
  actual: number;
}

/** A predicted time and the event that it was paired with, as indices into the lists given. */
export interface EventPair {
  predicted: number;
  actual: number;
  /** Predicted less actual time, seconds: positive is late. */
  error: number;
  optional: boolean;
}

export interface Matching extends Match {
  /** In order of time. */
  pairs: readonly EventPair[];
}

/**
 * Pairs predicted times with events at most `tolerance` seconds away, each in at most one pair, such that first the pairs
 * with demanded events are as many as possible, then those with optional events, and then the sum of |error| is least.
 *
 * Some best matching always keeps the order of time: uncrossing two pairs uses the same times with no larger errors. So it
 * is found by dynamic programming over both sorted lists, restricted to the band within the tolerance.
 *
 * @param predicted seconds, in any order
 * @param actual seconds, or events, in any order
 * @param tolerance seconds, inclusive
 */
export function matchEvents(
  predicted: readonly number[],
  actual: readonly (number | ReferenceEvent)[],
  tolerance: number,
): Matching {
  const events = actual.map((event) => (typeof event === 'number' ? { time: event } : event));
  const rows = predicted.map((_, i) => i).sort((a, b) => predicted[a]! - predicted[b]!);
  const columns = events.map((_, i) => i).sort((a, b) => events[a]!.time - events[b]!.time);
  const path = bestPath(
    rows.map((i) => predicted[i]!),
    columns.map((i) => events[i]!),
    tolerance + ROUNDING,
  );
  const pairs = path.map(([row, column]): EventPair => {
    const [i, j] = [rows[row]!, columns[column]!];
    const { time, optional = false } = events[j]!;
    return { predicted: i, actual: j, error: predicted[i]! - time, optional };
  });
  const forgiven = pairs.filter(({ optional }) => optional).length;
  return {
    pairs,
    hits: pairs.length - forgiven,
    predicted: predicted.length - forgiven,
    actual: events.filter(({ optional }) => !optional).length,
  };
}

/** What the best matching of a prefix of the times with a prefix of the events does with the last of both. */
const SKIP_TIME = 0;
const SKIP_EVENT = 1;
const PAIR = 2;

/** Pairs [row, column] of the best matching of sorted lists. */
function bestPath(
  times: readonly number[],
  events: readonly ReferenceEvent[],
  tolerance: number,
): [row: number, column: number][] {
  // An optional pair outweighs all errors together, a demanded one twice that. Which events a matching can use is a
  // matroid, so no demanded pair is ever given up for optional ones.
  const weight = 1 + Math.min(times.length, events.length) * tolerance;
  // Of the first rows against the first j events; only events up to `end`, the band's end, can be used so far.
  const best = new Float64Array(events.length + 1);
  const bands: { start: number; choices: Uint8Array }[] = [];
  let [start, end] = [0, 0];
  for (const time of times) {
    while (start < events.length && events[start]!.time < time - tolerance) start++;
    const before = end;
    while (end < events.length && events[end]!.time <= time + tolerance) end++;
    best.fill(best[before]!, before + 1, end + 1);
    const choices = new Uint8Array(end - start);
    let diagonal = best[start]!;
    for (let j = start; j < end; j++) {
      const { time: at, optional } = events[j]!;
      const paired = diagonal + (optional ? weight : 2 * weight) - Math.abs(time - at);
      diagonal = best[j + 1]!;
      if (paired > Math.max(best[j + 1]!, best[j]!)) {
        best[j + 1] = paired;
        choices[j - start] = PAIR;
      } else if (best[j]! > best[j + 1]!) {
        best[j + 1] = best[j]!;
        choices[j - start] = SKIP_EVENT;
      }
    }
    bands.push({ start, choices });
  }
  return backtrack(bands);
}

function backtrack(bands: readonly { start: number; choices: Uint8Array }[]): [number, number][] {
  const path: [number, number][] = [];
  let column = Number.POSITIVE_INFINITY;
  for (let row = bands.length - 1; row >= 0; ) {
    const { start, choices } = bands[row]!;
    column = Math.min(column, start + choices.length);
    const choice = column > start ? choices[column - start - 1]! : SKIP_TIME;
    if (choice === PAIR) path.push([row, column - 1]);
    if (choice !== SKIP_TIME) column--;
    if (choice !== SKIP_EVENT) row--;
  }
  return path.reverse();
}

/** 2·hits / (predicted + actual): 1 where both are empty, for then they agree. */
export function f1({ hits, predicted, actual }: Match): number {
  return predicted + actual === 0 ? 1 : (2 * hits) / (predicted + actual);
}

/** Sums of the counts. */
export function pooled(matches: readonly Match[]): Match {
  const sum: Match = { hits: 0, predicted: 0, actual: 0 };
  for (const { hits, predicted, actual } of matches) {
    sum.hits += hits;
    sum.predicted += predicted;
    sum.actual += actual;
  }
  return sum;
}

/** F1 over all times of all clips: long and busy clips weigh more. */
export function pooledF1(matches: readonly Match[]): number {
  return f1(pooled(matches));
}
