/** Pooling of 2×2 squares, as PyTorch's `avg_pool2d` and `max_pool2d` of size 2: an odd last row or column is left out. */

import { max, mean, reshape, slice, type Tensor } from '../../engine/engine.js';

type Reduction = (x: Tensor, axes: readonly number[]) => Tensor;

/** [B, H, W, C] → [B, ⌊H/2⌋, ⌊W/2⌋, C]: the mean of each square. */
export const averagePool2x2 = (x: Tensor): Tensor => pool2x2(x, mean);

/** [B, H, W, C] → [B, ⌊H/2⌋, ⌊W/2⌋, C]: the largest value of each square. */
export const maxPool2x2 = (x: Tensor): Tensor => pool2x2(x, max);

function pool2x2(x: Tensor, reduction: Reduction): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns] = [height >> 1, width >> 1];
  const even = slice(x, { 1: [0, 2 * rows], 2: [0, 2 * columns] });
  return reduction(reshape(even, [batch, rows, 2, columns, 2, channels]), [2, 4]);
}
