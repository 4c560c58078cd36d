/** A real Fourier transform in f64 for measuring: radix 2, by a complex one of half the size, planned once a size. */

import { EvaluationError } from '../errors.js';

/** Half of the transform of a real frame: `re` and `im` of bins 0…size/2. */
export interface Spectrum {
  re: Float64Array;
  im: Float64Array;
}

export class RealFft {
  readonly size: number;
  readonly bins: number;
  /** e^(−2πik/size), k from 0 to size/2. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** Bit reversal of the indices of the complex transform, which has half the size. */
  readonly #reversed: Uint32Array;
  /** Of the complex transform. */
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #spectrum: Spectrum;

  /** @throws {EvaluationError} when size is not a power of two of at least 2 */
  constructor(size: number) {
    if (size < 2 || (size & (size - 1)) !== 0) {
      throw new EvaluationError(`RealFft: size is ${size}; expected a power of two of at least 2`);
    }
    this.size = size;
    const half = size / 2;
    this.bins = half + 1;
    this.#cos = new Float64Array(this.bins);
    this.#sin = new Float64Array(this.bins);
    for (let k = 0; k <= half; k++) {
      this.#cos[k] = Math.cos((2 * Math.PI * k) / size);
      this.#sin[k] = -Math.sin((2 * Math.PI * k) / size);
    }
    this.#reversed = new Uint32Array(half);
    for (let i = 0; i < half; i++) this.#reversed[i] = (this.#reversed[i >> 1]! >> 1) | (i & 1 ? half >> 1 : 0);
    this.#re = new Float64Array(half);
    this.#im = new Float64Array(half);
    this.#spectrum = { re: new Float64Array(this.bins), im: new Float64Array(this.bins) };
  }

  /** Transforms `size` real samples. The result is overwritten by the next call. */
  transform(frame: ArrayLike<number>): Spectrum {
    const half = this.size / 2;
    const [zr, zi, cos, sin] = [this.#re, this.#im, this.#cos, this.#sin];
    const { re, im } = this.#spectrum;
    // Even and odd samples are the real and imaginary parts of one complex transform of half the size.
    for (let i = 0; i < half; i++) {
      const to = this.#reversed[i]!;
      zr[to] = frame[2 * i]!;
      zi[to] = frame[2 * i + 1]!;
    }
    this.#butterflies();
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k;
      const b = k === 0 ? 0 : half - k;
      const evenRe = (zr[a]! + zr[b]!) / 2;
      const evenIm = (zi[a]! - zi[b]!) / 2;
      const oddRe = (zi[a]! + zi[b]!) / 2;
      const oddIm = (zr[b]! - zr[a]!) / 2;
      re[k] = evenRe + cos[k]! * oddRe - sin[k]! * oddIm;
      im[k] = evenIm + cos[k]! * oddIm + sin[k]! * oddRe;
    }
    return this.#spectrum;
  }

  /** The `size` real samples of a spectrum of bins 0…size/2, whose other bins are taken to be their conjugates. */
  inverse({ re, im }: Spectrum, samples: Float64Array = new Float64Array(this.size)): Float64Array {
    const half = this.size / 2;
    const [zr, zi, cos, sin] = [this.#re, this.#im, this.#cos, this.#sin];
    for (let k = 0; k < half; k++) {
      const b = half - k;
      const evenRe = re[k]! + re[b]!;
      const evenIm = im[k]! - im[b]!;
      const differenceRe = re[k]! - re[b]!;
      const differenceIm = im[k]! + im[b]!;
      const oddRe = cos[k]! * differenceRe + sin[k]! * differenceIm;
      const oddIm = cos[k]! * differenceIm - sin[k]! * differenceRe;
      // Re and Im trade places, which makes the forward transform the inverse one.
      const to = this.#reversed[k]!;
      zi[to] = evenRe - oddIm;
      zr[to] = evenIm + oddRe;
    }
    this.#butterflies();
    for (let i = 0; i < half; i++) {
      samples[2 * i] = zi[i]! / this.size;
      samples[2 * i + 1] = zr[i]! / this.size;
    }
    return samples;
  }

  /** The complex transform of half the size, in place, of values in bit-reversed order. */
  #butterflies(): void {
    const [re, im, cos, sin] = [this.#re, this.#im, this.#cos, this.#sin];
    const count = re.length;
    let half = 1;
    if (count >= 4) {
      this.#firstTwoStages();
      half = 4;
    }
    for (; half < count; half *= 2) {
      const stride = count / half;
      for (let start = 0; start < count; start += 2 * half) {
        for (let a = start, k = 0; a < start + half; a++, k += stride) {
          const b = a + half;
          const c = cos[k]!;
          const s = sin[k]!;
          const xr = re[b]! * c - im[b]! * s;
          const xi = re[b]! * s + im[b]! * c;
          re[b] = re[a]! - xr;
          im[b] = im[a]! - xi;
          re[a]! += xr;
          im[a]! += xi;
        }
      }
    }
  }

  /** Transforms of four neighbors each: their factors are 1 and −i, so nothing is multiplied. */
  #firstTwoStages(): void {
    const [re, im] = [this.#re, this.#im];
    for (let n = 0; n < re.length; n += 4) {
      const sumRe = re[n]! + re[n + 1]!;
      const sumIm = im[n]! + im[n + 1]!;
      const differenceRe = re[n]! - re[n + 1]!;
      const differenceIm = im[n]! - im[n + 1]!;
      const nextSumRe = re[n + 2]! + re[n + 3]!;
      const nextSumIm = im[n + 2]! + im[n + 3]!;
      const nextDifferenceRe = re[n + 2]! - re[n + 3]!;
      const nextDifferenceIm = im[n + 2]! - im[n + 3]!;
      re[n] = sumRe + nextSumRe;
      im[n] = sumIm + nextSumIm;
      re[n + 1] = differenceRe + nextDifferenceIm;
      im[n + 1] = differenceIm - nextDifferenceRe;
      re[n + 2] = sumRe - nextSumRe;
      im[n + 2] = sumIm - nextSumIm;
      re[n + 3] = differenceRe - nextDifferenceIm;
      im[n + 3] = differenceIm + nextDifferenceRe;
    }
  }
}
