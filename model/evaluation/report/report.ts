/** What an evaluation found: the JSON that `node engine eval --json` prints, and that the HTML report shows. */

import type { Estimate } from '../statistics/bootstrap.js';

export type { Estimate };

/** A metric, and how to read it. */
export interface MetricDescription {
  /** Key in `SystemReport.metrics` and `ClipReport.metrics`. */
  key: string;
  label: string;
  /** `''` for a ratio. */
  unit: string;
  better: 'higher' | 'lower' | 'nearer 0' | 'neither';
  group: 'synchrony' | 'quality' | 'distribution' | 'machine-like' | 'loudness';
  /** One or two sentences: what it measures, and what it is blind to. */
  explanation: string;
}

export interface ClipReport {
  clip: string;
  seed: number;
  metrics: Readonly<Record<string, number | null>>;
  /** Seconds in the sound at which an onset was detected. */
  onsets: readonly number[];
  /** Onset less matched event, seconds, of the pairs within 100 ms. */
  timingErrors: readonly number[];
  /** Events of the system's own, where it predicts them. */
  events?: readonly { time: number; probability: number }[];
  /** Path of the sound as WAV, relative to the report. */
  sound?: string;
}

export interface SystemReport {
  name: string;
  /** `reference`: the true audio and what is made of it; `control`: what does not see the video, or uses no model. */
  kind: 'system' | 'reference' | 'control';
  description: string;
  metrics: Readonly<Record<string, Estimate>>;
  /** Where there are several seeds and the sound depends on them: the figures of each alone. */
  bySeed?: readonly { seed: number; metrics: Readonly<Record<string, number | null>> }[];
  clips: readonly ClipReport[];
}

/** A metric of one system less that of another, over the clips that both have. */
export interface PairedDifference {
  metric: string;
  system: string;
  against: string;
  difference: Estimate;
  /** Two-sided, of a paired permutation test over clips. */
  p: number;
}

/** A clip that a system could not be scored on. */
export interface Failure {
  system: string;
  clip: string;
  error: string;
}

/** A control that could not be had, such as one that must be fetched first. */
export interface MissingControl {
  system: string;
  reason: string;
}

export interface ReportClip {
  name: string;
  seconds: number;
  /** Path of the video, relative to the report. */
  video?: string;
  class?: string;
  licence?: string;
  /** Where the events come from. */
  eventSource: 'annotation' | 'true audio' | 'video alone' | 'none';
  events: readonly { time: number; optional?: boolean }[];
  /** Seconds by which its sound is late. */
  offset: number;
}

/** @public */
export interface EvaluationReport {
  version: 1;
  dataset: { name: string; description?: string; clips: readonly ReportClip[] };
  seeds: readonly number[];
  metrics: readonly MetricDescription[];
  systems: readonly SystemReport[];
  differences: readonly PairedDifference[];
  failures: readonly Failure[];
  missing?: readonly MissingControl[];
  /** Ablation cells, where the report is of an ablation: bars of one metric. */
  ablation?: { metric: string; cells: readonly { name: string; estimate: Estimate; seconds: number }[] };
}
