/** Mel spectra: a fixed filter bank on STFT magnitudes. */

import { ShapeError } from '../errors.js';
import type { Tensor } from '../graph.js';
import { log, maximum } from './elementwise.js';
import { matmul } from './matmul.js';
import { modulus, type StftOptions, stft } from './stft.js';

// Slaney's scale (Auditory Toolbox, 1998): linear to 1 kHz, then logarithmic with 27 steps to a factor of 6.4.
const LINEAR_HZ = 200 / 3;
const BREAK_HZ = 1000;
const BREAK_MEL = BREAK_HZ / LINEAR_HZ;
const LOG_STEP = Math.log(6.4) / 27;

const hzToMel = (hz: number): number =>
  hz < BREAK_HZ ? hz / LINEAR_HZ : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP;
const melToHz = (mel: number): number =>
  mel < BREAK_MEL ? mel * LINEAR_HZ : BREAK_HZ * Math.exp(LOG_STEP * (mel - BREAK_MEL));

/**
 * Triangular filters of equal area on Slaney's mel scale, as librosa's `filters.mel` makes by default, transposed: row-major
 * [nFft/2 + 1, bands], so that magnitudes [..., nFft/2 + 1] · filters = mel bands. Frequencies in Hz.
 */
export function melFilters(
  sampleRate: number,
  nFft: number,
  bands: number,
  lowest = 0,
  highest: number = sampleRate / 2,
): Float32Array<ArrayBuffer> {
  if (!(bands >= 1 && lowest >= 0 && lowest < highest)) {
    throw new ShapeError(`mel filters need bands ≥ 1 and 0 ≤ lowest < highest, not ${bands}, ${lowest}, ${highest}`);
  }
  const from = hzToMel(lowest);
  const step = (hzToMel(highest) - from) / (bands + 1);
  const corners = Array.from({ length: bands + 2 }, (_, i) => melToHz(from + i * step));
  const bins = nFft / 2 + 1;
  const filters = new Float32Array(bins * bands);
  for (let k = 0; k < bins; k++) {
    const hz = (k * sampleRate) / nFft;
    for (let band = 0; band < bands; band++) {
      const [left, centre, right] = corners.slice(band, band + 3) as [number, number, number];
      const height = Math.min((hz - left) / (centre - left), (right - hz) / (right - centre));
      if (height > 0) filters[k * bands + band] = (2 / (right - left)) * height;
    }
  }
  return filters;
}

export interface LogMelOptions extends StftOptions {
  /** Hz. */
  sampleRate: number;
  bands: number;
  lowest?: number;
  highest?: number;
  /** Least mel magnitude; 1e-4 when absent. */
  floor?: number;
}

/**
 * log max(mel magnitude, floor) of x [B, S] → [B, T, bands], with T as `stft` gives it. Differentiable.
 */
export function logMel(x: Tensor, options: LogMelOptions): Tensor {
  const { sampleRate, nFft, bands, lowest, highest, floor = 1e-4 } = options;
  const filters = x.graph.constant(melFilters(sampleRate, nFft, bands, lowest, highest), [nFft / 2 + 1, bands]);
  const magnitudes = modulus(stft(x, options));
  return log(maximum(matmul(magnitudes, filters), floor));
}
