/** Losses, each the mean over all elements (or rows), of shape [1]. */

import { DTypeError, ShapeError } from '../errors.js';
import type { Tensor } from '../graph.js';
import { abs, add, equal, mul, neg, scale, softplus, square, sub } from './elementwise.js';
import { reshape } from './layout.js';
import { mean, sum } from './reduce.js';
import { logSoftmax } from './softmax.js';

/** Mean squared difference. Shapes broadcast. */
export const mse = (prediction: Tensor, target: Tensor): Tensor => mean(square(sub(prediction, target)));

/** Mean absolute difference. Shapes broadcast. */
export const l1 = (prediction: Tensor, target: Tensor): Tensor => mean(abs(sub(prediction, target)));

/**
 * Mean binary cross-entropy of logits against targets in [0, 1], finite for any logit; the positive part is multiplied by
 * `positiveWeight` (1 unless given): w·t·softplus(−x) + (1 − t)·softplus(x).
 */
export function bceWithLogits(logits: Tensor, targets: Tensor, options: { positiveWeight?: number } = {}): Tensor {
  const positive = mul(targets, softplus(neg(logits)));
  const negative = mul(sub(1, targets), softplus(logits));
  return mean(add(scale(positive, options.positiveWeight ?? 1), negative));
}

/**
 * Mean over rows of −log softmax(logits)[label]: logits [B, C], labels u32 [B] below C.
 * @throws {ShapeError} when the labels are not one a row
 * @throws {DTypeError} when the labels are not u32
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  if (labels.dtype !== 'u32') throw new DTypeError(`crossEntropy: labels are u32, not ${labels.dtype}`);
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new ShapeError(`crossEntropy(${logits}, ${labels}): takes logits [B, C] and labels [B]`);
  }
  const [rows, classes] = logits.shape as [number, number];
  const numbers = logits.graph.constant(Float32Array.from({ length: classes }, (_, c) => c));
  const chosen = equal(reshape(labels, [rows, 1]), numbers);
  return scale(sum(mul(logSoftmax(logits), chosen)), -1 / rows);
}
