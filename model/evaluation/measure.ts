/** One sound of one system, measured. */

import { type DatasetClip, SOUND_RATE } from './datasets/dataset.js';
import { toLength } from './datasets/open-clip.js';
import { EvaluationError } from './errors.js';
import type { MeasuredSound, MetricInput, MetricTable, Reference } from './figures/metric.js';
import { librosaOnsets } from './metrics/librosa-onsets.js';
import { detectScoredOnsets } from './metrics/onset-detection.js';
import { resample } from './metrics/resample.js';
import { syncScore } from './metrics/sync-score.js';
import type { System, SystemSound } from './systems/system.js';

/** Of the true sounds, found once for all systems. */
const references = new WeakMap<DatasetClip, Reference>();

/** What a sound is measured for. */
export interface Measurement {
  system: System;
  clip: DatasetClip;
  /** Of the clip in the evaluation. */
  index: number;
  seed: number;
  motionPeaks?: MetricInput['motionPeaks'];
}

/**
 * Takes the figures of a system's sound for a clip.
 *
 * @returns the figures, and the sound at the rate and of the length at which all are measured
 * @throws {EvaluationError} when a sample is not finite
 */
export function measureSound(
  table: MetricTable,
  { system, clip, index, seed, motionPeaks }: Measurement,
  made: SystemSound,
): { measured: MeasuredSound; samples: Float32Array } {
  const sound = soundOfClip(system, clip, made);
  const onsets = detectScoredOnsets(sound, SOUND_RATE);
  const demanded = clip.events.some(({ optional }) => !optional);
  const offset = system.hasOffset ? clip.offset : 0;
  const sync = demanded ? syncScore({ onsets, events: clip.events, offset }) : null;
  const input: MetricInput = {
    ...{ clip, sound, onsets, sync, motionPeaks, reference: referenceOf(clip), lateness: offset - clip.offset },
    librosaOnsets: () => librosaOnsets(sound, SOUND_RATE),
  };
  const values = table.sound
    .filter(({ clips = Number.POSITIVE_INFINITY }) => index < clips)
    .map((metrics) => metrics.measure(input));
  const measured = { clip, seed, onsets, sync, values: Object.assign({}, ...values), tagged: new Map() };
  return { measured, samples: sound };
}

/** At the rate and of the length that all are measured at. */
function soundOfClip({ name }: System, clip: DatasetClip, { samples, sampleRate }: SystemSound): Float32Array {
  const odd = samples.findIndex((sample) => !Number.isFinite(sample));
  if (odd >= 0) throw new EvaluationError(`${name}: its sound for ${clip.name} is ${samples[odd]} at sample ${odd}`);
  const atRate = sampleRate === SOUND_RATE ? samples : resample(samples, sampleRate, SOUND_RATE);
  return toLength(atRate, Math.round(clip.seconds * SOUND_RATE));
}

function referenceOf(clip: DatasetClip): Reference | undefined {
  const { sound } = clip;
  if (!sound) return undefined;
  let reference = references.get(clip);
  if (!reference) {
    let published: readonly number[] | undefined;
    reference = {
      sound,
      onsets: detectScoredOnsets(sound, SOUND_RATE),
      librosaOnsets() {
        published ??= librosaOnsets(sound, SOUND_RATE);
        return published;
      },
    };
    references.set(clip, reference);
  }
  return reference;
}
