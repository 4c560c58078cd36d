/** Distance of the short-time spectra of two sounds (STFT-L1). */

import { EvaluationError } from '../errors.js';
import { resample } from './resample.js';
import { stftMagnitudes } from './stft.js';

/** Hz at which sounds are compared: what a file holds above 8 kHz must not count for or against it. */
const RATE = 16_000;
/** FFT size and hop of each STFT: 32, 64 and 128 ms. */
const RESOLUTIONS = [
  [512, 128],
  [1024, 256],
  [2048, 512],
] as const;
/** Magnitudes below it count as it: white noise of about −86 dBFS. */
const FLOOR = 1e-3;

export interface StftDistance {
  /** Σ|A − B| / Σ|B|: 0 = the same, 1 = as far as silence is; no upper bound. */
  linear: number;
  /** Mean of |20·log10(A / B)|, dB: 0 = the same. Quiet bins weigh as much as loud ones. */
  log: number;
}

/**
 * STFT-L1 at three resolutions: with A and B the magnitudes of the sound and of the reference (periodic Hann window of the
 * size of the FFT, centered frames, reflection at the ends; not below 1e-3 for `log`), each distance is taken over all frames
 * and bins of a resolution and averaged over 512/128, 1024/256 and 2048/512 samples at 16 kHz (the multi-resolution spectral
 * distance of Yamamoto et al., "Parallel WaveGAN", ICASSP 2020, with L1 in both terms).
 *
 * It compares spectra at the same time: blind to phase and to shifts well below a window (32–128 ms), and of two noises that
 * sound alike it says about .5 and 6 dB, for their bins are random.
 *
 * @param sound mono
 * @param reference mono, as long and at the same rate
 * @param sampleRate a whole number of Hz; other rates than 16 kHz are resampled
 * @throws {EvaluationError} when the lengths differ
 */
export function stftL1(sound: Float32Array, reference: Float32Array, sampleRate: number): StftDistance {
  requireSameLength(sound, reference);
  const [a, b] = [resample(sound, sampleRate, RATE), resample(reference, sampleRate, RATE)];
  const distance: StftDistance = { linear: 0, log: 0 };
  for (const [size, hop] of RESOLUTIONS) {
    const { linear, log } = magnitudeDistance(stftMagnitudes(a, size, hop).values, stftMagnitudes(b, size, hop).values);
    distance.linear += linear / RESOLUTIONS.length;
    distance.log += log / RESOLUTIONS.length;
  }
  return distance;
}

function magnitudeDistance(a: Float64Array, b: Float64Array): StftDistance {
  let difference = 0;
  let total = 0;
  let decibels = 0;
  for (let i = 0; i < a.length; i++) {
    difference += Math.abs(a[i]! - b[i]!);
    total += b[i]!;
    decibels += Math.abs(20 * Math.log10(Math.max(a[i]!, FLOOR) / Math.max(b[i]!, FLOOR)));
  }
  return { linear: difference / (total + 1e-9), log: decibels / a.length };
}

/** @throws {EvaluationError} when the lengths differ */
export function requireSameLength(sound: Float32Array, reference: Float32Array): void {
  if (sound.length !== reference.length) {
    throw new EvaluationError(
      `spectral distance: sounds of ${sound.length} and ${reference.length} samples; cut both to one length first`,
    );
  }
}
