/** How much two frames differ to the ear: symmetric, and counting what was added more (P.862, 10.2.6 to 10.2.8). */

import { audiblePower, loudnessDensity } from './loudness-spectra.js';
import type { RateConstants } from './tables.js';

export interface FrameDisturbance {
  /** Of any difference. */
  symmetric: number;
  /** Of differences where the degraded signal has more power. */
  asymmetric: number;
}

/** Follows short-time gain from frame to frame: of its changes only slow ones are made up for. */
export class GainTracker {
  #last: number | null;

  /** @param start gain before the first frame; null to take the first frame's as it is */
  constructor(start: number | null) {
    this.#last = start;
  }

  /** The factor that the powers of a degraded frame are multiplied with. */
  next(referencePower: number, degradedPower: number): number {
    const ratio = (referencePower + 5e3) / (degradedPower + 5e3);
    this.#last = this.#last === null ? ratio : 0.2 * this.#last + 0.8 * ratio;
    return Math.min(5, Math.max(3e-4, this.#last));
  }
}

/** Compares band powers of one frame; those of the degraded one are changed by the gain. */
export function compareFrames(
  reference: Float64Array,
  degraded: Float64Array,
  gain: GainTracker,
  rate: RateConstants,
): FrameDisturbance {
  const factor = gain.next(audiblePower(reference, 1, rate), audiblePower(degraded, 1, rate));
  for (let b = 0; b < degraded.length; b++) degraded[b]! *= factor;
  const loudness = loudnessDensity(reference, rate);
  const difference = loudnessDensity(degraded, rate).map((value, b) => beyondMasking(value, loudness[b]!));
  const symmetric = norm(difference, 2, rate);
  const added = difference.map((value, b) => value * asymmetry(degraded[b]!, reference[b]!));
  return { symmetric, asymmetric: norm(added, 1, rate) };
}

/** The difference less a quarter of the softer loudness, which masks it. */
function beyondMasking(degraded: number, reference: number): number {
  const masked = 0.25 * Math.min(degraded, reference);
  const difference = degraded - reference;
  return Math.sign(difference) * Math.max(0, Math.abs(difference) - masked);
}

/** Weight of a band by its ratio of powers: 0 below 3, 12 at most. */
function asymmetry(degraded: number, reference: number): number {
  const weight = ((degraded + 50) / (reference + 50)) ** 1.2;
  return weight < 3 ? 0 : Math.min(12, weight);
}

/** Lp norm over the bands but the lowest, weighted by their widths. */
function norm(values: Float64Array, p: number, { bands }: RateConstants): number {
  let [sum, widths] = [0, 0];
  for (let b = 1; b < bands.length; b++) {
    sum += Math.abs(values[b]! * bands[b]!.width) ** p;
    widths += bands[b]!.width;
  }
  return (sum / widths) ** (1 / p) * widths;
}
