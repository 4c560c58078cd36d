/** Resizing of channels-last images. */

import { lower, shapeText } from '../../kernels/kernel.js';
import { type ResizeAttributes, type ResizeMethod, resizeFamily } from '../../kernels/resize/resize.js';
import { ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';

/** Rows and columns of the result. */
type ResizeOpAttributes = ResizeAttributes & { readonly size: readonly [number, number] };

/** Positions are counted in 32-bit integers. */
const MOST_PRODUCT = 2 ** 28;

const resizeOp: Op<ResizeOpAttributes> = {
  name: 'resize',
  infer([x], { size }) {
    if (x!.shape.length !== 4) {
      throw new ShapeError(`an image is [batch, height, width, channels], not ${shapeText(x!.shape)}`);
    }
    for (const [axis, n] of size.entries()) {
      const from = x!.shape[axis + 1]!;
      if (!Number.isInteger(n) || n < 1) throw new ShapeError(`a size is a whole number from 1, not ${n}`);
      if (n * from > MOST_PRODUCT)
        throw new ShapeError(`${from} to ${n} elements: their product may be ${MOST_PRODUCT} at most`);
    }
    return [{ shape: [x!.shape[0]!, ...size, x!.shape[3]!], dtype: x!.dtype }];
  },
  lower: (profile, problem, forced) => lower(resizeFamily, profile, problem, forced),
  gradient({ inputs: [x], grads: [g], attrs: { method, adjoint } }) {
    const size = [x!.shape[1]!, x!.shape[2]!] as const;
    return g!.graph.apply(resizeOp, [g!], { method, adjoint: !adjoint, size });
  },
};

/**
 * `x` [B, H, W, C] at `size` [rows, columns] → [B, rows, columns, C]. `nearest` takes element ⌊o·H/rows⌋; `area`
 * averages what each output element covers, parts of elements by their share; `cubic` is Keys' cubic with a = −0.5,
 * antialiased when shrinking and normalised at the borders, the same as PIL's BICUBIC on floats (it may overshoot the
 * range of `x`).
 * @throws {ShapeError} when `x` is not four-dimensional or a size is no positive integer
 */
export function resize(x: Tensor, size: readonly [number, number], method: ResizeMethod): Tensor {
  return x.graph.apply(resizeOp, [x], { method, adjoint: false, size })[0]!;
}

/** Each element of `x` [B, H, W, C] repeated `factor` times along rows and columns (or [rows, columns] times). */
export function upsampleNearest(x: Tensor, factor: number | readonly [number, number]): Tensor {
  const [rows, columns] = typeof factor === 'number' ? [factor, factor] : factor;
  return resize(x, [x.shape[1]! * rows, x.shape[2]! * columns], 'nearest');
}
