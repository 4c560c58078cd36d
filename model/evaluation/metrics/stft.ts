/** The short-time Fourier transform (STFT) and mel filters. */
import { RealFft } from './fft.js';

/** The periodic Hann window. */
function hann(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
}

/** Magnitudes, frame by frame: [frames, bins]. */
export interface Spectrogram {
  values: Float64Array;
  frames: number;
  bins: number;
}

/**
 * Magnitudes of Hann-windowed frames centered on the samples 0, hop, 2·hop, ….
 *
 * @param padding what lies before the first sample and after the last: the signal mirrored, or zeros
 * @returns 1 + floor(length / hop) frames of size/2 + 1 bins
 */
export function stftMagnitudes(
  signal: ArrayLike<number>,
  size: number,
  hop: number,
  padding: 'reflect' | 'zeros' = 'reflect',
): Spectrogram {
  const fft = new RealFft(size);
  const window = hann(size);
  const frames = 1 + Math.floor(signal.length / hop);
  const { bins } = fft;
  const values = new Float64Array(frames * bins);
  const frame = new Float64Array(size);
  for (let f = 0; f < frames; f++) {
    for (let i = 0; i < size; i++) {
      const at = f * hop + i - size / 2;
      frame[i] = window[i]! * (padding === 'reflect' ? mirrored(signal, at) : (signal[at] ?? 0));
    }
    const { re, im } = fft.transform(frame);
    for (let k = 0; k < bins; k++) values[f * bins + k] = Math.sqrt(re[k]! ** 2 + im[k]! ** 2);
  }
  return { values, frames, bins };
}

/** The signal with reflection padding: mirrored at its ends, without repeating the end sample. */
function mirrored(signal: ArrayLike<number>, i: number): number {
  const last = signal.length - 1;
  if (last <= 0) return last === 0 ? signal[0]! : 0;
  const wrapped = Math.abs(i) % (2 * last);
  return signal[wrapped <= last ? wrapped : 2 * last - wrapped]!;
}

/** Hz to mel and back: Slaney's scale, linear below 1 kHz and logarithmic above (Auditory Toolbox, 1998). */
function toMel(hz: number): number {
  return hz < 1000 ? hz / (200 / 3) : 15 + Math.log(hz / 1000) / (Math.log(6.4) / 27);
}

function toHz(mel: number): number {
  return mel < 15 ? mel * (200 / 3) : 1000 * Math.exp((mel - 15) * (Math.log(6.4) / 27));
}

/** Triangles of equal area over the bins, evenly spaced in mel from `low` to `high` Hz: [bands, bins]. */
export function melFilters(rate: number, size: number, bands: number, low: number, high: number): Float64Array {
  const bins = size / 2 + 1;
  const filters = new Float64Array(bands * bins);
  const edges = Array.from({ length: bands + 2 }, (_, i) =>
    toHz(toMel(low) + ((toMel(high) - toMel(low)) * i) / (bands + 1)),
  );
  for (let band = 0; band < bands; band++) {
    const [left, middle, right] = edges.slice(band, band + 3) as [number, number, number];
    for (let k = 0; k < bins; k++) {
      const hz = (k * rate) / size;
      const height = Math.min((hz - left) / (middle - left), (right - hz) / (right - middle));
      if (height > 0) filters[band * bins + k] = (height * 2) / (right - left);
    }
  }
  return filters;
}

/** Applies filters [bands, bins] to each frame's powers (magnitude squared): [frames, bands]. */
export function melPowers({ values, frames, bins }: Spectrogram, filters: Float64Array, bands: number): Float64Array {
  const mel = new Float64Array(frames * bands);
  // Most of a triangle's row is zero: only its support is summed.
  for (let band = 0; band < bands; band++) {
    const row = filters.subarray(band * bins, (band + 1) * bins);
    const from = row.findIndex((weight) => weight > 0);
    if (from < 0) continue;
    let to = from;
    while (to < bins && row[to]! > 0) to++;
    for (let f = 0; f < frames; f++) {
      let sum = 0;
      for (let k = from; k < to; k++) sum += row[k]! * values[f * bins + k]! ** 2;
      mel[f * bands + band] = sum;
    }
  }
  return mel;
}
