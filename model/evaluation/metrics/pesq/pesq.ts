/**
 * PESQ, perceptual evaluation of speech quality: ITU-T P.862 (2001) with the mapping of P.862.1 (2003), and its wide-band
 * extension P.862.2 (2007). The order of computation is that of the reference implementation of Annex A (version 2.0, 2005).
 *
 * The recommendation's authors claim rights in the method; who offers PESQ scores commercially should ask them for a license.
 */

import { EvaluationError } from '../../errors.js';
import { resample } from '../resample.js';
import { rawScore } from './aggregate.js';
import { compareSignals } from './perceptual-model.js';
import { alignmentSignal, type PaddedSignal, type PesqMode, prepareSignals } from './signal.js';
import { constantsAt, type RateConstants } from './tables.js';
import { FrameCorrelator, type Utterance } from './time-alignment.js';
import { alignUtterances } from './utterances.js';
import { detectVoice } from './voice-activity.js';

/** Seconds. */
const SHORTEST = 0.25;
/** Logistic maps of raw scores to mean opinion scores: P.862.1 and P.862.2. */
const MAPPING = { 'narrow band': [-1.4945, 4.6607], 'wide band': [-1.3669, 3.8224] } as const;

/**
 * The mean opinion score (MOS-LQO) that listeners are predicted to give a sound, from about 1.02 (bad) to 4.55 (narrow band)
 * or 4.64 (wide band: no difference).
 *
 * It is a measure of **speech** that went through a telephone: it was fitted to opinions on coded and disturbed speech, and of
 * other sounds its scores are a number without listeners behind it. It **aligns the sounds in time itself**, each utterance
 * by its own, and so hides that sound is late or early: it says nothing of synchrony. It also makes up for level and for slow
 * changes of gain and color.
 *
 * @param sound mono; the degraded signal
 * @param reference mono; the original
 * @param sampleRate Hz of both; 8 kHz (narrow band only) and 16 kHz are taken as they are, other rates resampled to 16 kHz
 * @param mode `narrow band` hears 300–3400 Hz as by a handset, `wide band` 50–7000 Hz
 * @throws {EvaluationError} for a sound below a quarter of a second, a silent sound, a reference in which no utterance is
 *   found, and the wide band at 8 kHz
 */
export function pesq(sound: Float32Array, reference: Float32Array, sampleRate: number, mode: PesqMode): number {
  const hz = sampleRate === 8000 ? 8000 : 16_000;
  if (hz === 8000 && mode === 'wide band') {
    throw new EvaluationError(
      'PESQ: sounds at 8 kHz have no wide band; give them at 16 kHz or measure the narrow band',
    );
  }
  const rate = constantsAt(hz);
  const samples = [reference, sound].map((s) => Float64Array.from(resample(s, sampleRate, hz))) as [
    Float64Array,
    Float64Array,
  ];
  requireSound(samples[0], 'reference', hz);
  requireSound(samples[1], 'sound', hz);
  const [original, degraded] = prepareSignals(samples, mode, rate);
  const utterances = align(original, degraded, rate);
  const length = Math.max(original.samples.length, degraded.samples.length);
  const raw = rawScore(
    compareSignals(extended(original.samples, length), extended(degraded.samples, length), utterances, rate),
  );
  const [slope, offset] = MAPPING[mode];
  return 0.999 + 4 / (1 + Math.exp(slope * raw + offset));
}

function requireSound(samples: Float64Array, name: string, hz: number): void {
  if (samples.length < SHORTEST * hz) {
    const seconds = (samples.length / hz).toFixed(3);
    throw new EvaluationError(`PESQ: the ${name} lasts ${seconds} s; at least ${SHORTEST} s are needed`);
  }
  if (samples.every((v) => v === 0)) {
    throw new EvaluationError(`PESQ: the ${name} is silent; there is no utterance to measure`);
  }
}

function align(original: PaddedSignal, degraded: PaddedSignal, rate: RateConstants): Utterance[] {
  const pair = { reference: alignmentSignal(original, rate), degraded: alignmentSignal(degraded, rate) };
  return alignUtterances({
    ...pair,
    referenceVoice: detectVoice(pair.reference, rate.window),
    degradedVoice: detectVoice(pair.degraded, rate.window),
    rate,
    correlator: new FrameCorrelator(rate.alignmentSize),
  });
}

function extended(samples: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length);
  longer.set(samples);
  return longer;
}
