/** A tensor cut into parts. */

import { lower } from '../../kernels/kernel.js';
import { type SplitAttributes, splitFamily } from '../../kernels/layout/split.js';
import { ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';
import { zerosLike } from './elementwise.js';
import { concat, resolveAxis } from './layout.js';

const splitOp: Op<SplitAttributes & { sizes: readonly number[] }> = {
  name: 'split',
  infer([x], { axis, sizes }) {
    const total = sizes.reduce((a, b) => a + b, 0);
    if (total !== x!.shape[axis] || sizes.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new ShapeError(
        `parts of ${sizes.join(' + ')} do not add up to ${x!.shape[axis]}, the size of axis ${axis}, in whole positive sizes`,
      );
    }
    return sizes.map((size) => ({ shape: x!.shape.map((n, d) => (d === axis ? size : n)), dtype: x!.dtype }));
  },
  lower: (profile, problem, forced) => lower(splitFamily, profile, problem, forced),
  gradient: ({ outputs, grads, attrs: { axis } }) => [
    concat(
      outputs.map((part, k) => grads[k] ?? zerosLike(part)),
      axis,
    ),
  ],
};

/** `x` cut along `axis` into parts of the given sizes, which add up to the dimension. */
export function split(x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  if (sizes.length === 1 && sizes[0] === x.shape.at(axis)) return [x];
  return x.graph.apply(splitOp, [x], { axis: resolveAxis(axis, x.rank), sizes });
}
