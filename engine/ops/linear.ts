/** The dense layer. */

import { shapeText } from '../../kernels/kernel.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../graph.js';
import { add } from './elementwise.js';
import { reshape } from './layout.js';
import { matmul } from './matmul.js';

/**
 * `x · w + bias` over the last dimension: [..., in] · [in, out] (+ [out]) → [..., out].
 * All leading dimensions of `x` count as rows of one matrix product.
 */
export function linear(x: Tensor, w: Tensor, bias?: Tensor): Tensor {
  if (w.rank !== 2) throw new ShapeError(`linear: the weight is [in, out], not ${shapeText(w.shape)}`);
  const [width, out] = w.shape as [number, number];
  if (x.rank < 1 || x.shape.at(-1) !== width) {
    throw new ShapeError(
      `linear: the last dimension of ${shapeText(x.shape)} must be ${width}, as the weight ${shapeText(w.shape)} says`,
    );
  }
  if (bias && (bias.rank !== 1 || bias.shape[0] !== out)) {
    throw new ShapeError(`linear: the bias is [${out}], not ${shapeText(bias.shape)}`);
  }
  const leading = x.shape.slice(0, -1);
  const rows = leading.reduce((product, n) => product * n, 1);
  const flat = x.rank === 2 ? x : reshape(x, [rows, width]);
  const product = matmul(flat, w);
  const y = x.rank === 2 ? product : reshape(product, [...leading, out]);
  return bias ? add(y, bias) : y;
}
