/** Circular cross-correlation by FFT. */

import type { RealFft } from '../fft.js';

/** Σ a[n]·b[n + lag] at the lags 0, 1, …, of the size of the transform; negative lags are at the end. */
export function crossCorrelation(fft: RealFft, a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const first = fft.transform(a);
  const [ar, ai] = [first.re.slice(), first.im.slice()];
  const { re, im } = fft.transform(b);
  for (let k = 0; k < fft.bins; k++) {
    const [br, bi] = [re[k]!, im[k]!];
    re[k] = br * ar[k]! + bi * ai[k]!;
    im[k] = bi * ar[k]! - br * ai[k]!;
  }
  return fft.inverse({ re, im });
}
