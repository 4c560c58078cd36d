/** Figures over clips, with their intervals, and differences between systems. */

import type { MeasuredSound, MetricTable, PooledMetric } from './figures/metric.js';
import type { Estimate, MetricDescription, PairedDifference } from './report/report.js';
import { bootstrapInterval } from './statistics/bootstrap.js';
import { pairedPermutationTest } from './statistics/permutation-test.js';

/** The sounds of one clip, one for each seed. */
type OfClip = readonly MeasuredSound[];

/** A metric as a statistic of clips. */
interface Statistic {
  description: MetricDescription;
  /** See `PooledMetric.whole`. */
  whole: boolean;
  /** Whether the clip counts. */
  takes(sounds: OfClip): boolean;
  of(clips: readonly OfClip[]): number | null;
}

/** Draws of a paired test: p is known to about .01 where it is .05. */
const PERMUTATIONS = 2000;

/** Figures of systems by a table of metrics. */
export class Estimator {
  readonly metrics: readonly MetricDescription[];
  readonly #statistics: readonly Statistic[];

  constructor({ sound, added, pooled }: MetricTable) {
    const single = [...sound.flatMap(({ descriptions }) => descriptions), ...added];
    this.#statistics = [...pooled.map(pooledStatistic), ...single.map(meanStatistic)];
    this.metrics = this.#statistics.map(({ description }) => description);
  }

  /** Every metric of a system's sounds, with its bootstrap interval over clips; seeds of a clip stay together. */
  estimatesOf(sounds: readonly MeasuredSound[]): Record<string, Estimate> {
    const clips = byClip(sounds);
    return Object.fromEntries(
      this.#statistics.map(({ description, whole, takes, of }) => {
        const taken = clips.filter(takes);
        const estimate = whole ? { value: of(taken), clips: taken.length } : bootstrapInterval(taken, of);
        return [description.key, estimate];
      }),
    );
  }

  /** Every metric of some sounds, such as those of one seed, or a single one. */
  figuresOf(sounds: readonly MeasuredSound[]): Record<string, number | null> {
    const clips = byClip(sounds);
    return Object.fromEntries(
      this.#statistics
        .filter(({ whole }) => !whole || clips.length > 1)
        .map(({ description, takes, of }) => {
          const taken = clips.filter(takes);
          return [description.key, taken.length > 0 ? of(taken) : null];
        }),
    );
  }

  /** Every metric of one system less that of another, over the clips that both have; those without any are left out. */
  differencesOf(
    [system, sounds]: readonly [string, readonly MeasuredSound[]],
    [against, others]: readonly [string, readonly MeasuredSound[]],
  ): PairedDifference[] {
    const ofOther = new Map(byClip(others).map((each) => [each[0]!.clip, each]));
    return this.#statistics.flatMap(({ description, whole, takes, of }): PairedDifference[] => {
      const pairs = byClip(sounds).flatMap((mine): [OfClip, OfClip][] => {
        const theirs = ofOther.get(mine[0]!.clip);
        return !whole && theirs && takes(mine) && takes(theirs) ? [[mine, theirs]] : [];
      });
      const first = pairs.map(([mine]) => mine);
      const second = pairs.map(([, theirs]) => theirs);
      const { p } = pairedPermutationTest(first, second, of, { permutations: PERMUTATIONS });
      if (p === null) return [];
      const difference = bootstrapInterval(pairs, (drawn) => {
        const a = of(drawn.map(([mine]) => mine));
        const b = of(drawn.map(([, theirs]) => theirs));
        return a === null || b === null ? null : a - b;
      });
      return [{ metric: description.key, system, against, difference, p }];
    });
  }
}

function pooledStatistic({ description, whole = false, takes, pool }: PooledMetric): Statistic {
  return { description, whole, takes: (sounds) => sounds.some(takes), of: (clips) => pool(clips.flat()) };
}

function meanStatistic(description: MetricDescription): Statistic {
  return {
    ...{ description, whole: false },
    takes: (sounds) => sounds.some(({ values }) => isNumber(values[description.key])),
    of: (clips) => meanOf(clips, description.key),
  };
}

function byClip(sounds: readonly MeasuredSound[]): MeasuredSound[][] {
  const clips = new Map<MeasuredSound['clip'], MeasuredSound[]>();
  for (const sound of sounds) {
    const known = clips.get(sound.clip);
    if (known) known.push(sound);
    else clips.set(sound.clip, [sound]);
  }
  return [...clips.values()];
}

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';

function meanOf(clips: readonly OfClip[], key: string): number | null {
  let sum = 0;
  let count = 0;
  for (const sounds of clips) {
    for (const { values } of sounds) {
      const value = values[key];
      if (!isNumber(value)) continue;
      sum += value;
      count++;
    }
  }
  return count === 0 ? null : sum / count;
}
