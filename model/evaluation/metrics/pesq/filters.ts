/** Filters of PESQ: by a frequency response without delay, and by second-order sections. */

import { RealFft } from '../fft.js';

/** The least power of two that is no less than `length`, and at least 2. */
export function transformSize(length: number): number {
  let size = 2;
  while (size < length) size *= 2;
  return size;
}

/**
 * A filter without delay: multiplies the spectrum of the whole signal (zero-padded to a power of two) with a gain that is linear
 * in dB between the points of a curve, relative to the gain at 1 kHz.
 */
export class ResponseFilter {
  readonly #fft: RealFft;
  readonly #gains: Float64Array;

  /** @param length samples of a signal and of its ringing, at most */
  constructor(length: number, hz: number, curve: readonly (readonly [number, number])[]) {
    const fft = new RealFft(transformSize(length));
    const reference = decibelsAt(1000, curve);
    this.#fft = fft;
    this.#gains = new Float64Array(fft.bins);
    for (let k = 0; k < fft.bins; k++) {
      this.#gains[k] = 10 ** ((decibelsAt((k * hz) / fft.size, curve) - reference) / 20);
    }
  }

  /** The first `length` samples of the filtered signal, which rings beyond its end. */
  apply(signal: Float64Array, length: number): Float64Array {
    const padded = new Float64Array(this.#fft.size);
    padded.set(signal);
    const spectrum = this.#fft.transform(padded);
    for (let k = 0; k < this.#gains.length; k++) {
      spectrum.re[k]! *= this.#gains[k]!;
      spectrum.im[k]! *= this.#gains[k]!;
    }
    return this.#fft.inverse(spectrum, padded).subarray(0, length);
  }
}

function decibelsAt(hz: number, curve: readonly (readonly [number, number])[]): number {
  let i = 1;
  while (i < curve.length - 1 && curve[i]![0] < hz) i++;
  const [lowHz, low] = curve[i - 1]!;
  const [highHz, high] = curve[i]!;
  return ((hz - lowHz) * high + (highHz - hz) * low) / (highHz - lowHz);
}

/** A second-order section b0, b1, b2, a1, a2 (a0 = 1) from a state of zero, in place. */
export function filterSection(signal: Float64Array, section: readonly number[]): void {
  const [b0, b1, b2, a1, a2] = section as [number, number, number, number, number];
  let [z1, z2] = [0, 0];
  for (let i = 0; i < signal.length; i++) {
    const z0 = signal[i]! - a1 * z1 - a2 * z2;
    signal[i] = b0 * z0 + b1 * z1 + b2 * z2;
    z2 = z1;
    z1 = z0;
  }
}
