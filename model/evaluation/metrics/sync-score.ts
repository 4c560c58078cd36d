/**
 * SyncScore: whether a sound hits when the picture hits. docs/evaluation.md defines every figure on one page.
 */

import {
  averagePrecision,
  type PrecisionRecallSteps,
  precisionRecallSteps,
  type ScoredOnset,
} from './average-precision.js';
import { type BestLag, bestLag } from './best-lag.js';
import { f1, type Match, matchEvents, pooled, type ReferenceEvent } from './event-matching.js';
import { quantile } from './quantile.js';

export interface SyncScoreInput {
  /** What is heard: onsets of the sound, in any order. */
  onsets: readonly ScoredOnset[];
  /** What should be heard, in picture time. */
  events: readonly ReferenceEvent[];
  /** Seconds by which this sound is known to be late, as a recording is; it is taken off the onsets first. Default 0. */
  offset?: number;
}

/** Precision, recall and F1 within one tolerance. */
export interface DetectionScore extends Match {
  /** hits / predicted; null where nothing is predicted. */
  precision: number | null;
  /** hits / actual; null where nothing is demanded. */
  recall: number | null;
  /** 1 where nothing is predicted and nothing demanded. */
  f1: number;
}

/** Of one clip. */
export interface SyncScore {
  /** Matched within ±50 ms. */
  at50: DetectionScore;
  /** Matched within ±100 ms. */
  at100: DetectionScore;
  /** Null where no event is demanded, or an onset has no confidence. */
  averagePrecisionAt50: number | null;
  averagePrecisionAt100: number | null;
  /** Onset less event, seconds, of the pairs within ±100 ms with demanded events, in order of time. */
  timingErrors: readonly number[];
  /** Seconds, −.2…+.2: the constant lag of the best F1@50; see `bestLag`. */
  bestLag: number;
  /** At that lag. */
  at50BestLag: DetectionScore;
  at100BestLag: DetectionScore;
  /** The smaller of the numbers of onsets and demanded events over the larger: 1 where equal. */
  countAgreement: number;
  /** What pooling average precision over clips takes; null where that is. */
  stepsAt50: PrecisionRecallSteps | null;
  stepsAt100: PrecisionRecallSteps | null;
}

/** Pooled over clips: every onset and event weighs the same, so busy clips weigh more. */
export interface PooledSyncScore {
  clips: number;
  at50: DetectionScore;
  at100: DetectionScore;
  at50BestLag: DetectionScore;
  at100BestLag: DetectionScore;
  /** Of one threshold for all clips; null where no event is demanded, or a clip has no steps. */
  readonly averagePrecisionAt50: number | null;
  readonly averagePrecisionAt100: number | null;
  /** Seconds; null where nothing is matched. */
  readonly timingErrorMedian: number | null;
  /** Third quartile less first, seconds. */
  readonly timingErrorInterquartile: number | null;
  /** Mean over clips; null without clips. */
  readonly countAgreement: number | null;
}

/** The SyncScore of one clip. */
export function syncScore({ onsets, events, offset = 0 }: SyncScoreInput): SyncScore {
  const heard = onsets.map((onset) => ({ ...onset, time: onset.time - offset }));
  const times = heard.map(({ time }) => time);
  const at100 = matchEvents(times, events, 0.1);
  const stepsAt50 = precisionRecallSteps(heard, events, 0.05);
  const stepsAt100 = precisionRecallSteps(heard, events, 0.1);
  const lagged: BestLag = bestLag(times, events);
  const most = Math.max(at100.predicted, at100.actual);
  return {
    at50: detectionScore(matchEvents(times, events, 0.05)),
    at100: detectionScore(at100),
    averagePrecisionAt50: stepsAt50 && averagePrecision([stepsAt50]),
    averagePrecisionAt100: stepsAt100 && averagePrecision([stepsAt100]),
    timingErrors: at100.pairs.filter(({ optional }) => !optional).map(({ error }) => error),
    bestLag: lagged.lag,
    at50BestLag: detectionScore(lagged.at50),
    at100BestLag: detectionScore(lagged.at100),
    countAgreement: most === 0 ? 1 : Math.min(at100.predicted, at100.actual) / most,
    stepsAt50,
    stepsAt100,
  };
}

/** The SyncScore of many clips together. Figures are computed when they are read, for a bootstrap reads one. */
export function poolSyncScores(scores: readonly SyncScore[]): PooledSyncScore {
  const errors = (): number[] => scores.flatMap(({ timingErrors }) => timingErrors);
  const pool = (of: (score: SyncScore) => Match): DetectionScore => detectionScore(pooled(scores.map(of)));
  return {
    clips: scores.length,
    get at50() {
      return pool(({ at50 }) => at50);
    },
    get at100() {
      return pool(({ at100 }) => at100);
    },
    get at50BestLag() {
      return pool(({ at50BestLag }) => at50BestLag);
    },
    get at100BestLag() {
      return pool(({ at100BestLag }) => at100BestLag);
    },
    get averagePrecisionAt50() {
      return pooledAveragePrecision(scores.map(({ stepsAt50 }) => stepsAt50));
    },
    get averagePrecisionAt100() {
      return pooledAveragePrecision(scores.map(({ stepsAt100 }) => stepsAt100));
    },
    get timingErrorMedian() {
      return quantile(errors(), 0.5);
    },
    get timingErrorInterquartile() {
      const all = errors();
      return all.length === 0 ? null : quantile(all, 0.75)! - quantile(all, 0.25)!;
    },
    get countAgreement() {
      const sum = scores.reduce((total, score) => total + score.countAgreement, 0);
      return scores.length === 0 ? null : sum / scores.length;
    },
  };
}

function detectionScore(match: Match): DetectionScore {
  const { hits, predicted, actual } = match;
  return {
    hits,
    predicted,
    actual,
    precision: predicted === 0 ? null : hits / predicted,
    recall: actual === 0 ? null : hits / actual,
    f1: f1(match),
  };
}

function pooledAveragePrecision(steps: readonly (PrecisionRecallSteps | null)[]): number | null {
  const known = steps.filter((each) => each !== null);
  return known.length < steps.length ? null : averagePrecision(known);
}
