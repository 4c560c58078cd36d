/** Errors of the spectrum of a sound in dB: frame by frame, and on average over the clip. */

import { resample } from './resample.js';
import { type Spectrogram, stftMagnitudes } from './stft.js';
import { requireSameLength } from './stft-distance.js';

const RATE = 16_000;
const SIZE = 1024;
const HOP = 256;
/** Magnitudes below it count as it: white noise of about −86 dBFS. */
const FLOOR = 1e-3;

export interface LogSpectralError {
  /**
   * Log-spectral distance (Gray and Markel, 1976): the root mean square over bins of 20·log10(A / B), dB, averaged over
   * frames. Two noises of one color differ by 7.9 dB, for the level of a noise's bin is random.
   */
  frames: number;
  /**
   * The same of the long-term average spectra (power, over all frames): about 1 dB for two noises of one color, and blind to
   * when anything sounds. It shows lost harmonics, formants, bands and level.
   */
  average: number;
}

/**
 * With STFT magnitudes of Hann windows of 1024 samples every 256, at 16 kHz; levels count, so lost level is an error.
 *
 * @param sound mono
 * @param reference mono, as long and at the same rate
 * @param sampleRate a whole number of Hz; other rates than 16 kHz are resampled
 * @throws {EvaluationError} when the lengths differ
 */
export function logSpectralError(sound: Float32Array, reference: Float32Array, sampleRate: number): LogSpectralError {
  requireSameLength(sound, reference);
  const a = stftMagnitudes(resample(sound, sampleRate, RATE), SIZE, HOP);
  const b = stftMagnitudes(resample(reference, sampleRate, RATE), SIZE, HOP);
  let frames = 0;
  for (let f = 0; f < a.frames; f++) {
    const range = [f * a.bins, (f + 1) * a.bins] as const;
    frames += rmsDifference(a.values.subarray(...range), b.values.subarray(...range)) / a.frames;
  }
  return { frames, average: rmsDifference(averageSpectrum(a), averageSpectrum(b)) };
}

/** Root mean square over bins of the difference in dB. */
function rmsDifference(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (20 * Math.log10(Math.max(a[k]!, FLOOR) / Math.max(b[k]!, FLOOR))) ** 2;
  return Math.sqrt(sum / a.length);
}

/** Root mean square magnitude of each bin. */
function averageSpectrum({ values, frames, bins }: Spectrogram): Float64Array {
  const powers = new Float64Array(bins);
  for (let i = 0; i < values.length; i++) powers[i % bins]! += values[i]! ** 2 / frames;
  return powers.map(Math.sqrt);
}
