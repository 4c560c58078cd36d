/** Figures over clips, with their intervals, and differences between systems. */

import { EvaluationError } from './errors.js';
import { POOLED_METRICS, SOUND_METRICS } from './evaluation-metrics.js';
import type { MeasuredSound, SoundMetrics } from './metric.js';
import type { Estimate, MetricDescription, PairedDifference } from './report/report.js';
import { bootstrapInterval } from './statistics/bootstrap.js';
import { pairedPermutationTest } from './statistics/permutation-test.js';

/** The sounds of one clip, one for each seed. */
type OfClip = readonly MeasuredSound[];

/** A metric as a statistic of clips. */
interface Statistic {
  description: MetricDescription;
  /** Whether the clip counts. */
  takes(sounds: OfClip): boolean;
  of(clips: readonly OfClip[]): number | null;
}

const STATISTICS: readonly Statistic[] = [
  ...POOLED_METRICS.map(
    ({ description, takes, pool }): Statistic => ({
      description,
      takes: (sounds) => sounds.some(takes),
      of: (clips) => pool(clips.flat()),
    }),
  ),
  ...SOUND_METRICS.flatMap(({ descriptions }) => descriptions).map(
    (description): Statistic => ({
      description,
      takes: (sounds) => sounds.some(({ values }) => isNumber(values[description.key])),
      of: (clips) => meanOf(clips, description.key),
    }),
  ),
];

/** The metrics of an evaluation: all of them, or some. */
export interface MetricSelection {
  descriptions: readonly MetricDescription[];
  statistics: readonly Statistic[];
  /** What is taken of each sound. */
  ofSounds: readonly SoundMetrics[];
}

/**
 * The metrics of these keys; all without any.
 *
 * @throws {EvaluationError} for a key that there is not
 */
export function selectMetrics(keys?: readonly string[]): MetricSelection {
  const known = STATISTICS.map(({ description }) => description.key);
  const odd = keys?.find((key) => !known.includes(key));
  if (odd !== undefined) throw new EvaluationError(`there is no metric ${odd}; there are ${known.join(', ')}`);
  const chosen = ({ key }: MetricDescription): boolean => keys?.includes(key) ?? true;
  const statistics = STATISTICS.filter(({ description }) => chosen(description));
  return {
    descriptions: statistics.map(({ description }) => description),
    statistics,
    ofSounds: SOUND_METRICS.filter(({ descriptions }) => descriptions.some(chosen)),
  };
}

/** Draws of a paired test: p is known to about .01 where it is .05. */
const PERMUTATIONS = 2000;

/** Every metric of a system's sounds, with its bootstrap interval over clips; seeds of a clip stay together. */
export function estimatesOf(
  { statistics }: MetricSelection,
  sounds: readonly MeasuredSound[],
): Record<string, Estimate> {
  const clips = byClip(sounds);
  return Object.fromEntries(
    statistics.map(({ description, takes, of }) => [description.key, bootstrapInterval(clips.filter(takes), of)]),
  );
}

/** Every metric of some sounds, such as those of one seed, or a single one. */
export function figuresOf(
  { statistics }: MetricSelection,
  sounds: readonly MeasuredSound[],
): Record<string, number | null> {
  const clips = byClip(sounds);
  return Object.fromEntries(
    statistics.map(({ description, takes, of }) => {
      const taken = clips.filter(takes);
      return [description.key, taken.length > 0 ? of(taken) : null];
    }),
  );
}

/** Every metric of one system less that of another, over the clips that both have; those without any are left out. */
export function differencesOf(
  { statistics }: MetricSelection,
  [system, sounds]: readonly [string, readonly MeasuredSound[]],
  [against, others]: readonly [string, readonly MeasuredSound[]],
): PairedDifference[] {
  const ofOther = new Map(byClip(others).map((each) => [each[0]!.clip, each]));
  return statistics.flatMap(({ description, takes, of }): PairedDifference[] => {
    const pairs = byClip(sounds).flatMap((mine): [OfClip, OfClip][] => {
      const theirs = ofOther.get(mine[0]!.clip);
      return theirs && takes(mine) && takes(theirs) ? [[mine, theirs]] : [];
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
