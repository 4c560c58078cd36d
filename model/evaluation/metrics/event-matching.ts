/** F1 of predicted against actual times of events. */

export interface Match {
  /** Pairs of a predicted and an actual time within the tolerance, each time in at most one of them. */
  hits: number;
  predicted: number;
  actual: number;
}

/** The most one-to-one pairs within `tolerance` seconds (inclusive); the lists need not be sorted. */
export function matchEvents(predicted: readonly number[], actual: readonly number[], tolerance: number): Match {
  const a = predicted.toSorted((x, y) => x - y);
  const b = actual.toSorted((x, y) => x - y);
  let hits = 0;
  // On a line the greedy choice, to pair the earliest times that can be paired, is optimal.
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const late = a[i]! - b[j]!;
    if (Math.abs(late) <= tolerance) hits++;
    if (late <= tolerance) i++;
    if (late >= -tolerance) j++;
  }
  return { hits, predicted: a.length, actual: b.length };
}

/** 2·hits / (predicted + actual): 1 where both are empty, for then they agree. */
export function f1({ hits, predicted, actual }: Match): number {
  return predicted + actual === 0 ? 1 : (2 * hits) / (predicted + actual);
}

/** F1 over all times of all clips: long and busy clips weigh more. */
export function pooledF1(matches: readonly Match[]): number {
  const sum: Match = { hits: 0, predicted: 0, actual: 0 };
  for (const { hits, predicted, actual } of matches) {
    sum.hits += hits;
    sum.predicted += predicted;
    sum.actual += actual;
  }
  return f1(sum);
}
