/**
 * Clips of any length by windows of one length: where they begin, and how much each counts where they overlap. Windows are
 * denoised together, their velocities averaged at every step where they share frames (MultiDiffusion, Bar-Tal et al. 2023),
 * so that there is no seam to hide afterwards.
 */

/** First frame of each window; the last one ends at `total` (or the only one begins at 0). */
export function windowStarts(total: number, window: number, overlap: number): number[] {
  if (!(overlap >= 0 && overlap < window))
    throw new RangeError(`overlap ${overlap} must be from 0 to below the window ${window}`);
  if (total <= window) return [0];
  const count = Math.ceil((total - overlap) / (window - overlap));
  return Array.from({ length: count }, (_, i) => Math.round((i * (total - window)) / (count - 1)));
}

/** Weight of each frame of a window: 1 inside, falling over `overlap` frames towards an edge that has a neighbour. */
export function windowWeights(window: number, overlap: number): Float32Array {
  return Float32Array.from({ length: window }, (_, i) => {
    const edge = Math.min(i + 1, window - i);
    return Math.min(1, edge / (overlap + 1));
  });
}
