/** One sound of one system, measured. */

import { type DatasetClip, SOUND_RATE } from './datasets/dataset.js';
import { toLength } from './datasets/open-clip.js';
import { EvaluationError } from './errors.js';
import type { MeasuredSound, MetricInput, SoundMetrics } from './metric.js';
import { detectScoredOnsets } from './metrics/onset-detection.js';
import { resample } from './metrics/resample.js';
import { syncScore } from './metrics/sync-score.js';
import type { System, SystemSound } from './systems/system.js';

/** Onsets of the true sounds, found once for all systems. */
const trueOnsets = new WeakMap<DatasetClip, NonNullable<MetricInput['reference']>>();

/**
 * Takes the figures of a system's sound for a clip.
 *
 * @throws {EvaluationError} when a sample is not finite
 */
export function measureSound(
  metrics: readonly SoundMetrics[],
  system: System,
  clip: DatasetClip,
  seed: number,
  made: SystemSound,
): MeasuredSound {
  const sound = soundOfClip(system, clip, made);
  const onsets = detectScoredOnsets(sound, SOUND_RATE);
  const demanded = clip.events.some(({ optional }) => !optional);
  const offset = system.hasOffset ? clip.offset : 0;
  const sync = demanded ? syncScore({ onsets, events: clip.events, offset }) : null;
  const input: MetricInput = { clip, sound, onsets, reference: referenceOf(clip), sync };
  const values = Object.assign({}, ...metrics.map((metric) => metric.measure(input)));
  return { clip, seed, onsets, sync, values };
}

/** At the rate and of the length that all are measured at. */
function soundOfClip({ name }: System, clip: DatasetClip, { samples, sampleRate }: SystemSound): Float32Array {
  const odd = samples.findIndex((sample) => !Number.isFinite(sample));
  if (odd >= 0) throw new EvaluationError(`${name}: its sound for ${clip.name} is ${samples[odd]} at sample ${odd}`);
  const atRate = sampleRate === SOUND_RATE ? samples : resample(samples, sampleRate, SOUND_RATE);
  return toLength(atRate, Math.round(clip.seconds * SOUND_RATE));
}

function referenceOf(clip: DatasetClip): MetricInput['reference'] {
  if (!clip.sound) return undefined;
  let reference = trueOnsets.get(clip);
  if (!reference) {
    reference = { sound: clip.sound, onsets: detectScoredOnsets(clip.sound, SOUND_RATE) };
    trueOnsets.set(clip, reference);
  }
  return reference;
}
