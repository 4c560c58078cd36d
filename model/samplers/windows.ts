/**
 * Clips of any length by windows of one length: where they begin, and how much each counts where they overlap. Windows are
 * denoised together, their velocities averaged at every step where they share frames (MultiDiffusion, Bar-Tal et al. 2023),
 * so that no seam is left between them.
 */

import { SamplerError } from './errors.js';

/**
 * First frame of each window; the last one ends at `total` (or the only one begins at 0).
 *
 * @throws {SamplerError} when the overlap is not from 0 to below the window.
 */
export function windowStarts(total: number, window: number, overlap: number): number[] {
  if (!(overlap >= 0 && overlap < window)) {
    throw new SamplerError(`overlap ${overlap} must be from 0 to below the window ${window}`);
  }
  if (total <= window) return [0];
  const count = Math.ceil((total - overlap) / (window - overlap));
  return Array.from({ length: count }, (_, i) => Math.round((i * (total - window)) / (count - 1)));
}

/** Weight of each frame of a window: 1 inside, falling linearly over `overlap` frames towards both edges. */
export function windowWeights(window: number, overlap: number): Float32Array {
  return Float32Array.from({ length: window }, (_, i) => {
    const edge = Math.min(i + 1, window - i);
    return Math.min(1, edge / (overlap + 1));
  });
}

/** Joins windows of rows into a whole, an average by their weights where they overlap. */
export class WindowAverage {
  readonly #weights: Float32Array;
  readonly #perRow: number;
  readonly #sum: Float64Array;
  readonly #total: Float64Array;

  /** `window` and `overlap` in rows, as for `windowWeights`; a row has `perRow` values. */
  constructor(rows: number, perRow: number, { window, overlap }: { window: number; overlap: number }) {
    this.#weights = windowWeights(window, overlap);
    this.#perRow = perRow;
    this.#sum = new Float64Array(rows * perRow);
    this.#total = new Float64Array(rows);
  }

  /** A window that begins at row `start`; rows past the end of the whole are left out, values that it lacks count as 0. */
  add(start: number, values: ArrayLike<number>): void {
    const perRow = this.#perRow;
    const rows = Math.min(this.#weights.length, this.#total.length - start);
    for (let row = 0; row < rows; row++) {
      const weight = this.#weights[row]!;
      this.#total[start + row]! += weight;
      for (let i = row * perRow; i < (row + 1) * perRow; i++) {
        this.#sum[start * perRow + i]! += weight * (values[i] ?? 0);
      }
    }
  }

  /** [rows, perRow]; every row must have been added to. */
  average(): Float64Array {
    return this.#sum.map((sum, i) => sum / this.#total[Math.floor(i / this.#perRow)]!);
  }
}
