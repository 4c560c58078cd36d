/** Generates sound for clips whose own sound is known, and measures its quality and synchrony beside a control. */

import { type OnsetPipeline, SAMPLE_RATE, type VisualFeatures } from '../onset/index.js';
import { envelopeCorrelation } from './metrics/envelope-correlation.js';
import { type Match, matchEvents, pooledF1 } from './metrics/event-matching.js';
import { detectOnsets } from './metrics/onset-detection.js';
import { stftDistance } from './metrics/stft-distance.js';
import { shuffled } from './systems/controls.js';

export interface EvaluationClip {
  name: string;
  features: VisualFeatures;
  /** 16 kHz mono, in [−1, 1]. */
  sound: Float32Array;
  /** Seconds at which a sound begins; empty for continuous sounds, which onset scores leave out. */
  events: readonly number[];
}

export interface Scores {
  /** Onset F1 with one-to-one matches within ±50 and ±100 ms, pooled over clips with events. */
  f1At50: number;
  f1At100: number;
  /** Mean correlation of log envelopes (25 ms frames), over all clips. */
  envelopeCorrelation: number;
  /** Mean STFT-L1 over all clips (recipe §5; meant for quality, blind to small shifts). */
  stftL1: number;
}

export interface Evaluation {
  clips: number;
  clipsWithEvents: number;
  generated: Scores;
  /** The same sounds against other clips: what a model would score that does not see the video. */
  shuffled: Scores;
  /** The clips' own sound: the highest score that the onset detector allows. */
  ceiling: { f1At50: number; f1At100: number };
}

export interface EvaluateOptions {
  seed: number;
  steps: number;
  guidance: number;
  /** Clips generated together. */
  batch?: number;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Generates sound for each clip and scores it, beside a control and a ceiling.
 *
 * @param clips at least two
 * @throws {EvaluationError} for a single clip, or the signal's reason
 */
export async function evaluate(
  pipeline: Pick<OnsetPipeline, 'generate'>,
  clips: readonly EvaluationClip[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { batch = 4, onProgress, signal } = options;
  const sounds: Float32Array[] = [];
  for (let at = 0; at < clips.length; at += batch) {
    const part = clips.slice(at, at + batch);
    const generated = await pipeline.generate(
      part.map((c) => c.features),
      { seed: options.seed, steps: options.steps, guidance: options.guidance, signal },
    );
    sounds.push(...generated.map(({ samples }) => samples));
    onProgress?.(sounds.length, clips.length);
  }
  const onsets = sounds.map((sound) => detectOnsets(sound, SAMPLE_RATE));
  const own = clips.map(({ sound }) => detectOnsets(sound, SAMPLE_RATE));
  return {
    clips: clips.length,
    clipsWithEvents: clips.filter((c) => c.events.length > 0).length,
    generated: score(clips, sounds, onsets),
    shuffled: score(clips, shuffled(sounds), shuffled(onsets)),
    ceiling: { f1At50: f1Of(clips, own, 0.05), f1At100: f1Of(clips, own, 0.1) },
  };
}

function score(clips: readonly EvaluationClip[], sounds: readonly Float32Array[], onsets: readonly number[][]): Scores {
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    f1At50: f1Of(clips, onsets, 0.05),
    f1At100: f1Of(clips, onsets, 0.1),
    envelopeCorrelation: mean(clips.map((c, i) => envelopeCorrelation(sounds[i]!, c.sound, SAMPLE_RATE))),
    stftL1: mean(clips.map((c, i) => stftDistance(...sameLength(sounds[i]!, c.sound)))),
  };
}

function f1Of(clips: readonly EvaluationClip[], onsets: readonly (readonly number[])[], tolerance: number): number {
  const matches: Match[] = [];
  for (const [i, clip] of clips.entries()) {
    if (clip.events.length > 0) matches.push(matchEvents(onsets[i]!, clip.events, tolerance));
  }
  return pooledF1(matches);
}

function sameLength(a: Float32Array, b: Float32Array): [Float32Array, Float32Array] {
  const length = Math.min(a.length, b.length);
  return [a.subarray(0, length), b.subarray(0, length)];
}
