/** What an ear makes of a frame: power in critical bands, and loudness (P.862, 10.2.1 to 10.2.5). */

import { RealFft } from '../fft.js';
import type { RateConstants } from './tables.js';

/** Exponent of loudness (Zwicker), a little greater below 4 Bark. */
const ZWICKER = 0.23;

/** Turns frames of a signal into powers of critical bands. */
export class BandAnalysis {
  readonly #rate: RateConstants;
  readonly #fft: RealFft;
  readonly #window: Float64Array;

  constructor(rate: RateConstants) {
    const size = rate.frameSize;
    this.#rate = rate;
    this.#fft = new RealFft(size);
    this.#window = Float64Array.from({ length: size }, (_, n) => 0.5 * (1 - Math.cos((2 * Math.PI * n) / size)));
  }

  /** Writes the powers of the frame from sample `at` into `powers`, [bands]. */
  powers(samples: Float64Array, at: number, powers: Float64Array): void {
    const frame = this.#window.slice();
    for (let n = 0; n < frame.length; n++) frame[n]! *= samples[at + n]!;
    const { re, im } = this.#fft.transform(frame);
    let bin = 0;
    for (const [b, { bins, correction }] of this.#rate.bands.entries()) {
      let sum = 0;
      // The constant part does not count.
      for (const end = bin + bins; bin < end; bin++) if (bin > 0) sum += re[bin]! ** 2 + im[bin]! ** 2;
      powers[b] = sum * correction * this.#rate.powerScale;
    }
  }
}

/** Sum of the band powers, without the lowest band, that are above `factor` times the threshold of hearing. */
export function audiblePower(powers: Float64Array, factor: number, { bands }: RateConstants): number {
  let sum = 0;
  for (let b = 1; b < bands.length; b++) if (powers[b]! > factor * bands[b]!.threshold) sum += powers[b]!;
  return sum;
}

/** Loudness in sone per Bark: [bands]. */
export function loudnessDensity(powers: Float64Array, { bands, loudnessScale }: RateConstants): Float64Array {
  return powers.map((power, b) => {
    const { center, threshold } = bands[b]!;
    if (power <= threshold) return 0;
    const exponent = ZWICKER * (center < 4 ? Math.min(2, 6 / (center + 2)) : 1) ** 0.15;
    return loudnessScale * (threshold / 0.5) ** exponent * ((0.5 + (0.5 * power) / threshold) ** exponent - 1);
  });
}
