/** Distance of the mel spectra of two sounds. */

import { resample } from './resample.js';
import { melFilters, melPowers, stftMagnitudes } from './stft.js';
import { requireSameLength } from './stft-distance.js';

const RATE = 16_000;
const SIZE = 1024;
const HOP = 160;
const BANDS = 80;
const [LOW, HIGH] = [20, 8000];
/** Band powers below it count as it: white noise of about −84 dBFS. */
const FLOOR = 1e-7;

/**
 * Mean over frames and bands of |10·log10(A / B)|, dB, A and B being the powers in 80 mel bands (Slaney's scale and area-normalized
 * triangles, 20 Hz–8 kHz; Hann window of 64 ms every 10 ms, at 16 kHz): 0 = the same.
 *
 * Bands average over bins, so unlike STFT-L1 it hears the color of a noise more than its grain; pitch above 1 kHz is lost in
 * the width of the bands. It compares the same times: late sound scores as other sound.
 *
 * @param sound mono
 * @param reference mono, as long and at the same rate
 * @param sampleRate a whole number of Hz; other rates than 16 kHz are resampled
 * @throws {EvaluationError} when the lengths differ
 */
export function logMelDistance(sound: Float32Array, reference: Float32Array, sampleRate: number): number {
  requireSameLength(sound, reference);
  const [a, b] = [melSpectrum(sound, sampleRate), melSpectrum(reference, sampleRate)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += Math.abs(10 * Math.log10(Math.max(a[i]!, FLOOR) / Math.max(b[i]!, FLOOR)));
  }
  return sum / a.length;
}

function melSpectrum(sound: Float32Array, sampleRate: number): Float64Array {
  const spectrogram = stftMagnitudes(resample(sound, sampleRate, RATE), SIZE, HOP);
  return melPowers(spectrogram, melFilters(RATE, SIZE, BANDS, LOW, HIGH), BANDS);
}
