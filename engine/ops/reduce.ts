/** Sums, means and maxima over any dimensions. */

import { lower, shapeText, sizeOf } from '../../kernels/kernel.js';
import { type ArgmaxAttributes, argmaxFamily } from '../../kernels/reduce/argmax.js';
import { type ReduceAttributes, type ReduceKind, reduceFamily } from '../../kernels/reduce/reduce.js';
import { ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';
import { broadcastTo, div, equal, mul, scale } from './elementwise.js';
import { reshape, resolveAxis } from './layout.js';

/** Folds the neighbouring dimensions from `first` to `last`, which stay with size 1. */
interface FoldAttributes extends ReduceAttributes {
  first: number;
  last: number;
}

const keptShape = (shape: readonly number[], first: number, last: number): number[] =>
  shape.map((n, d) => (d >= first && d <= last ? 1 : n));

const viewOf = (shape: readonly number[], first: number, last: number): [number, number, number] => [
  sizeOf(shape.slice(0, first)),
  sizeOf(shape.slice(first, last + 1)),
  sizeOf(shape.slice(last + 1)),
];

const reduceOp: Op<FoldAttributes> = {
  name: 'reduce',
  infer: ([x], { first, last }) => [{ shape: keptShape(x!.shape, first, last), dtype: x!.dtype }],
  lower: (profile, problem, forced) => lower(reduceFamily, profile, problem, forced),
  gradient({ inputs: [x], outputs: [y], grads: [g], attrs: { kind, view } }) {
    switch (kind) {
      case 'sum':
        return [broadcastTo(g!, x!.shape)];
      case 'mean':
        return [broadcastTo(scale(g!, 1 / view[1]), x!.shape)];
      case 'sumSquares':
        return [mul(scale(x!, 2), g!)];
      case 'max': {
        const largest = equal(x!, y!);
        const ties = sumTo(largest, y!.shape);
        return [mul(largest, div(g!, ties))];
      }
    }
  },
};

/** Folds runs of neighbouring dimensions one after another, last run first. */
function fold(x: Tensor, kind: ReduceKind, axes: readonly number[] | number | undefined, keepDims: boolean): Tensor {
  const all = axes === undefined ? [...x.shape.keys()] : typeof axes === 'number' ? [axes] : axes;
  const folded = new Set(all.map((axis) => resolveAxis(axis, x.rank)));
  let y = x;
  let of = kind;
  for (let last = x.rank - 1; last >= 0; last--) {
    if (!folded.has(last)) continue;
    let first = last;
    // Dimensions of size 1 belong to either side, so a run may go through them.
    while (first > 0 && (folded.has(first - 1) || x.shape[first - 1] === 1)) first--;
    while (!folded.has(first)) first++;
    const view = viewOf(y.shape, first, last);
    if (view[1] > 1 || of === 'sumSquares') {
      y = y.graph.apply(reduceOp, [y], { kind: of, view, first, last })[0]!;
      if (of === 'sumSquares') of = 'sum';
    }
    last = first;
  }
  if (keepDims) return y;
  const shape = x.shape.filter((_, d) => !folded.has(d));
  return reshape(y, shape.length > 0 ? shape : [1]);
}

export interface ReduceOptions {
  /** Folded dimensions stay, with size 1. */
  keepDims?: boolean;
}

/**
 * Σ over `axes` (negative ones count from the end; all when absent). A full reduction has shape [1].
 * @throws {ShapeError} when an axis does not exist
 */
export const sum = (x: Tensor, axes?: readonly number[] | number, options: ReduceOptions = {}): Tensor =>
  fold(x, 'sum', axes, options.keepDims ?? false);

/** Arithmetic mean over `axes`; otherwise as `sum`. */
export const mean = (x: Tensor, axes?: readonly number[] | number, options: ReduceOptions = {}): Tensor =>
  fold(x, 'mean', axes, options.keepDims ?? false);

/** Largest element over `axes`; otherwise as `sum`. Elements that tie share the gradient equally. */
export const max = (x: Tensor, axes?: readonly number[] | number, options: ReduceOptions = {}): Tensor =>
  fold(x, 'max', axes, options.keepDims ?? false);

/** Σx² over `axes`; otherwise as `sum`. */
export const sumSquares = (x: Tensor, axes?: readonly number[] | number, options: ReduceOptions = {}): Tensor =>
  fold(x, 'sumSquares', axes, options.keepDims ?? false);

/** The inverse of broadcasting: sums `x` down to `shape`, to which it must be broadcastable from. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (x.shape.join() === shape.join()) return x;
  const missing = x.rank - shape.length;
  const axes = x.shape.flatMap((n, d) => (d < missing || (shape[d - missing] === 1 && n !== 1) ? [d] : []));
  const summed = sum(x, axes, { keepDims: true });
  if (sizeOf(summed.shape) !== sizeOf(shape)) {
    throw new ShapeError(`sumTo: ${shapeText(shape)} does not broadcast to ${shapeText(x.shape)}`);
  }
  return reshape(summed, shape);
}

const argmaxOp: Op<ArgmaxAttributes & { axis: number }> = {
  name: 'argmax',
  infer([x], { axis }) {
    const shape = x!.shape.filter((_, d) => d !== axis);
    return [{ shape: shape.length > 0 ? shape : [1], dtype: 'u32' }];
  },
  lower: (profile, problem, forced) => lower(argmaxFamily, profile, problem, forced),
};

/** Position of the largest element along `axis`, the first of equals, as u32; the axis is dropped. Not differentiable. */
export function argmax(x: Tensor, axis: number): Tensor {
  const along = resolveAxis(axis, x.rank);
  return x.graph.apply(argmaxOp, [x], { axis: along, view: viewOf(x.shape, along, along) })[0]!;
}
