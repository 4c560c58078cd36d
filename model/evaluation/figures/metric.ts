/** What a metric is: a description, and a function of one sound or of many. */

import type { DatasetClip } from '../datasets/dataset.js';
import type { ScoredOnset } from '../metrics/average-precision.js';
import type { SyncScore } from '../metrics/sync-score.js';
import type { MetricDescription } from '../report/report.js';

/** A sound, and what it is measured against. All sounds are mono at `SOUND_RATE`, as long as the clip's picture. */
export interface MetricInput {
  clip: DatasetClip;
  sound: Float32Array;
  onsets: readonly ScoredOnset[];
  /** Onsets as librosa finds them, for the figures that are published with these, and those of the true sound. */
  librosaOnsets(): readonly number[];
  /** Seconds at which motion peaks as AV-Align has it; undefined where it was not measured. */
  motionPeaks?: { times: readonly number[]; frameRate: number } | undefined;
  /** The true sound and its onsets, where it is known. */
  reference?: Reference | undefined;
  /** Seconds by which the sound is late against the true one by nature: 0 for what is made of it, else less its offset. */
  lateness: number;
  /** Null for a clip in which nothing is demanded: synchrony is not defined there. */
  sync: SyncScore | null;
}

/** What is known of a true sound, found once for all systems. */
export interface Reference {
  sound: Float32Array;
  onsets: readonly ScoredOnset[];
  librosaOnsets(): readonly number[];
}

/** What a tagger hears. */
export interface TaggedSound {
  embedding: Float32Array;
  /** Of a tagger that knows classes. */
  logits?: Float32Array | undefined;
}

/** What stays of a sound once it was measured. */
export interface MeasuredSound {
  clip: DatasetClip;
  seed: number;
  onsets: readonly ScoredOnset[];
  sync: SyncScore | null;
  /** Of the metrics of single sounds, by key. */
  values: Record<string, number | null | undefined>;
  /** What each tagger hears in it and in the true sound, by the tagger's name. */
  tagged: Map<string, { sound: TaggedSound; truth?: TaggedSound | undefined }>;
}

/** Figures of a sound; over clips they are averaged, those that are null left out. */
export interface SoundMetrics {
  descriptions: readonly MetricDescription[];
  /** It is so dear that only the first so many clips are measured. */
  clips?: number;
  /** By the keys of `descriptions`; what is missing is null. */
  measure(input: MetricInput): Readonly<Record<string, number | null | undefined>>;
}

/** A figure of many sounds that is not the mean of theirs. */
export interface PooledMetric {
  description: MetricDescription;
  /** It says something of all sounds together only: a single clip has none, and drawing clips anew would falsify it. */
  whole?: boolean;
  /** Whether a sound counts. */
  takes(sound: MeasuredSound): boolean;
  /** Of sounds that count; null where it is not defined. */
  pool(sounds: readonly MeasuredSound[]): number | null;
}

/** All metrics of an evaluation. */
export interface MetricTable {
  sound: readonly SoundMetrics[];
  /** Descriptions of values that are not measured but added, such as by a tagger. */
  added: readonly MetricDescription[];
  pooled: readonly PooledMetric[];
}
