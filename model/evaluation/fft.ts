/** A real Fourier transform in f64 for measuring: plain radix 2, planned once a size. */

/** Half of the transform of a real frame: `re` and `im` of bins 0…size/2. */
export interface Spectrum {
  re: Float64Array;
  im: Float64Array;
}

export class RealFft {
  readonly size: number;
  readonly bins: number;
  private readonly cos: Float64Array;
  private readonly sin: Float64Array;
  private readonly reversed: Uint32Array;
  private readonly re: Float64Array;
  private readonly im: Float64Array;

  /** @throws RangeError where size is not a power of two of at least 2 */
  constructor(size: number) {
    if (size < 2 || (size & (size - 1)) !== 0) {
      throw new RangeError(`RealFft: size is ${size}; expected a power of two of at least 2`);
    }
    this.size = size;
    this.bins = size / 2 + 1;
    this.cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.sin = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
    this.reversed = new Uint32Array(size);
    for (let i = 0; i < size; i++) this.reversed[i] = (this.reversed[i >> 1] >> 1) | (i & 1 ? size >> 1 : 0);
    this.re = new Float64Array(size);
    this.im = new Float64Array(size);
  }

  /** Transforms `size` real samples. The result is overwritten by the next call. */
  transform(frame: ArrayLike<number>): Spectrum {
    const { re, im, size, cos, sin } = this;
    for (let i = 0; i < size; i++) re[this.reversed[i]] = frame[i];
    im.fill(0);
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const a = start + k;
          const b = a + half;
          const c = cos[k * stride];
          const s = sin[k * stride];
          const xr = re[b] * c - im[b] * s;
          const xi = re[b] * s + im[b] * c;
          re[b] = re[a] - xr;
          im[b] = im[a] - xi;
          re[a] += xr;
          im[a] += xi;
        }
      }
    }
    return { re, im };
  }
}
