/** Circular cross-correlation by FFT. */

import type { RealFft } from '../fft.js';

/** Correlates signals of the size of the transform. */
export class CrossCorrelator {
  readonly #fft: RealFft;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #values: Float64Array;

  constructor(fft: RealFft) {
    this.#fft = fft;
    this.#re = new Float64Array(fft.bins);
    this.#im = new Float64Array(fft.bins);
    this.#values = new Float64Array(fft.size);
  }

  /**
   * Σ a[n]·b[n + lag] at the lags 0, 1, …, of the size of the transform; negative lags are at the end. The result is overwritten
   * by the next call.
   */
  correlate(a: Float64Array, b: Float64Array): Float64Array {
    const [fft, ar, ai] = [this.#fft, this.#re, this.#im];
    const first = fft.transform(a);
    ar.set(first.re);
    ai.set(first.im);
    const { re, im } = fft.transform(b);
    for (let k = 0; k < ar.length; k++) {
      const br = re[k]!;
      const bi = im[k]!;
      re[k] = br * ar[k]! + bi * ai[k]!;
      im[k] = bi * ar[k]! - br * ai[k]!;
    }
    return fft.inverse({ re, im }, this.#values);
  }
}
