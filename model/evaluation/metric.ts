/** What a metric is: a description, and a function of one sound or of many. */

import type { DatasetClip } from './datasets/dataset.js';
import type { ScoredOnset } from './metrics/average-precision.js';
import type { SyncScore } from './metrics/sync-score.js';
import type { MetricDescription } from './report/report.js';

/** A sound, and what it is measured against. All sounds are mono at `SOUND_RATE`, as long as the clip's picture. */
export interface MetricInput {
  clip: DatasetClip;
  sound: Float32Array;
  onsets: readonly ScoredOnset[];
  /** The true sound and its onsets, where it is known. */
  reference?: { sound: Float32Array; onsets: readonly ScoredOnset[] } | undefined;
  /** Null for a clip in which nothing is demanded: synchrony is not defined there. */
  sync: SyncScore | null;
}

/** What stays of a sound once it was measured. */
export interface MeasuredSound {
  clip: DatasetClip;
  seed: number;
  onsets: readonly ScoredOnset[];
  sync: SyncScore | null;
  /** Of the metrics of single sounds, by key. */
  values: Readonly<Record<string, number | null>>;
}

/** Figures of a sound; over clips they are averaged, those that are null left out. */
export interface SoundMetrics {
  descriptions: readonly MetricDescription[];
  /** By the keys of `descriptions`; what is missing is null. */
  measure(input: MetricInput): Readonly<Record<string, number | null | undefined>>;
}

/** A figure of many sounds that is not the mean of theirs. */
export interface PooledMetric {
  description: MetricDescription;
  /** Whether a sound counts. */
  takes(sound: MeasuredSound): boolean;
  /** Of sounds that count; null where it is not defined. */
  pool(sounds: readonly MeasuredSound[]): number | null;
}
