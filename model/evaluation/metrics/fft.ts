/** A real Fourier transform in f64 for measuring: radix 2, planned once a size. */

import { EvaluationError } from '../errors.js';

/** Half of the transform of a real frame: `re` and `im` of bins 0…size/2. */
export interface Spectrum {
  re: Float64Array;
  im: Float64Array;
}

export class RealFft {
  readonly size: number;
  readonly bins: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #reversed: Uint32Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  /** @throws {EvaluationError} when size is not a power of two of at least 2 */
  constructor(size: number) {
    if (size < 2 || (size & (size - 1)) !== 0) {
      throw new EvaluationError(`RealFft: size is ${size}; expected a power of two of at least 2`);
    }
    this.size = size;
    this.bins = size / 2 + 1;
    this.#cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sin = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
    this.#reversed = new Uint32Array(size);
    for (let i = 0; i < size; i++) this.#reversed[i] = (this.#reversed[i >> 1]! >> 1) | (i & 1 ? size >> 1 : 0);
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
  }

  /** Transforms `size` real samples. The result is overwritten by the next call. */
  transform(frame: ArrayLike<number>): Spectrum {
    const { size } = this;
    const [re, im, cos, sin] = [this.#re, this.#im, this.#cos, this.#sin];
    for (let i = 0; i < size; i++) re[this.#reversed[i]!] = frame[i]!;
    im.fill(0);
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const a = start + k;
          const b = a + half;
          const c = cos[k * stride]!;
          const s = sin[k * stride]!;
          const xr = re[b]! * c - im[b]! * s;
          const xi = re[b]! * s + im[b]! * c;
          re[b] = re[a]! - xr;
          im[b] = im[a]! - xi;
          re[a]! += xr;
          im[a]! += xi;
        }
      }
    }
    return { re, im };
  }
}
