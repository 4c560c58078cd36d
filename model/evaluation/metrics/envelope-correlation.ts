/** Whether two sounds are loud at the same time. */

import { correlation } from './correlation.js';

/** Seconds of a frame. */
const FRAME = 0.025;
const FLOOR = 1e-3;
/** Seconds that the lag may be either way, and between lags. */
const LIMIT = 0.2;
const STEP = 0.005;

/** Samples in a frame of 25 ms. */
function frameOf(sampleRate: number): number {
  return Math.round(FRAME * sampleRate);
}

/**
 * log(root mean square + .001) of frames of 25 ms, without overlap.
 *
 * @param sound mono, in [−1, 1]
 * @returns [floor(samples / (.025 · sampleRate))]
 */
export function logEnvelope(sound: Float32Array, sampleRate: number): Float64Array {
  return envelopeFrom(squareSums(sound), 0, frameOf(sampleRate));
}

/**
 * Pearson's correlation of both log envelopes over their common length, −1…1; 0 where either does not change at all.
 *
 * @param a mono, in [−1, 1]
 * @param b mono, at the same rate
 */
export function envelopeCorrelation(a: Float32Array, b: Float32Array, sampleRate: number): number {
  return correlation(logEnvelope(a, sampleRate), logEnvelope(b, sampleRate)) ?? 0;
}

/**
 * The lag of a sound behind another, among −.2…+.2 s in steps of 5 ms, at which their envelopes correlate most over what
 * then overlaps. Ties go to the lag nearest 0. At lag 0 the correlation is `envelopeCorrelation`.
 *
 * @param sound mono, in [−1, 1]
 * @param reference mono, at the same rate
 * @returns lag in seconds: positive where the sound is late
 */
export function envelopeCorrelationAtBestLag(
  sound: Float32Array,
  reference: Float32Array,
  sampleRate: number,
): { correlation: number; lag: number } {
  const frame = frameOf(sampleRate);
  const [a, b] = [squareSums(sound), squareSums(reference)];
  let best = { correlation: correlation(envelopeFrom(a, 0, frame), envelopeFrom(b, 0, frame)) ?? 0, lag: 0 };
  for (let steps = 1; steps <= Math.round(LIMIT / STEP); steps++) {
    for (const lag of [steps * STEP, -steps * STEP]) {
      const late = Math.round(lag * sampleRate);
      const at =
        correlation(envelopeFrom(a, Math.max(0, late), frame), envelopeFrom(b, Math.max(0, -late), frame)) ?? 0;
      if (at > best.correlation) best = { correlation: at, lag };
    }
  }
  return best;
}

/** Sums of the squares of the first n samples: [samples + 1]. */
function squareSums(sound: Float32Array): Float64Array {
  const sums = new Float64Array(sound.length + 1);
  for (let i = 0; i < sound.length; i++) sums[i + 1] = sums[i]! + sound[i]! * sound[i]!;
  return sums;
}

/** The envelope of the sound from a sample on. */
function envelopeFrom(sums: Float64Array, start: number, frame: number): Float64Array {
  const envelope = new Float64Array(Math.max(0, Math.floor((sums.length - 1 - start) / frame)));
  for (let i = 0; i < envelope.length; i++) {
    const from = start + i * frame;
    envelope[i] = Math.log(Math.sqrt((sums[from + frame]! - sums[from]!) / frame) + FLOOR);
  }
  return envelope;
}
