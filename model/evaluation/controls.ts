/** Controls: what a score is worth that takes no notice of the picture. */

/**
 * Pairs each clip with another's prediction: those of the clip `shift` places on, around the end. A model that sees
 * nothing scores the same with these as with its own.
 *
 * @throws RangeError where that would pair a clip with itself
 */
export function shuffled<T>(predictions: readonly T[], shift: number = 1): T[] {
  const count = predictions.length;
  if (count > 0 && shift % count === 0) {
    throw new RangeError(`shuffled control: a shift of ${shift} over ${count} clips pairs each with itself`);
  }
  return predictions.map((_, i) => predictions[(((i + shift) % count) + count) % count]);
}
