/** Controls: what a model scores that does not see the video. */

import { EvaluationError } from '../errors.js';

/**
 * Pairs each clip with the prediction for another one: that of the clip `shift` places on, cyclically. A model that sees
 * nothing scores the same with these as with its own.
 *
 * @throws {EvaluationError} when that would pair a clip with itself
 */
export function shuffled<T>(predictions: readonly T[], shift: number = 1): T[] {
  const count = predictions.length;
  if (count > 0 && shift % count === 0) {
    throw new EvaluationError(`shuffled control: a shift of ${shift} over ${count} clips pairs each with itself`);
  }
  return predictions.map((_, i) => predictions[(((i + shift) % count) + count) % count]!);
}
