/** Operations that move elements without changing them: shapes, order, parts, joins and borders. */

import { lower, shapeText, sizeOf } from '../../kernels/kernel.js';
import { type ConcatAttributes, concatFamily } from '../../kernels/layout/concat.js';
import { type CopyAttributes, copyFamily } from '../../kernels/layout/copy.js';
import {
  type PadAttributes,
  type PadEdgeAttributes,
  padEdgeFamily,
  padEdgeGradientFamily,
  padFamily,
} from '../../kernels/layout/pad.js';
import { contiguousStrides } from '../../kernels/layout/view.js';
import { EngineError, ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';

/** A dimension counted from the end where negative, in range or a ShapeError. */
export function resolveAxis(axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(resolved) || resolved < 0 || resolved >= rank) {
    throw new ShapeError(
      `axis ${axis} does not exist; a tensor of ${rank} dimensions has axes ${-rank} to ${rank - 1}`,
    );
  }
  return resolved;
}

interface ShapeAttributes {
  shape: readonly number[];
}

const reshapeOp: Op<ShapeAttributes> = {
  name: 'reshape',
  alias: true,
  infer([x], { shape }) {
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new ShapeError(
        `${shapeText(x!.shape)} has ${sizeOf(x!.shape)} elements, ${shapeText(shape)} has ${sizeOf(shape)}`,
      );
    }
    return [{ shape: [...shape], dtype: x!.dtype }];
  },
  lower: () => {
    throw new EngineError('reshape is an alias; nothing runs for it');
  },
  gradient: ({ inputs: [x], grads: [g] }) => [reshape(g!, x!.shape)],
};

/** The same elements, row-major, under another shape; one size may be −1 and follows from the others. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const sizes = shape.map((n) => (n === -1 ? sizeOf(x.shape) / known : n));
  if (sizes.join() === x.shape.join()) return x;
  return x.graph.apply(reshapeOp, [x], { shape: sizes })[0]!;
}

const permuteOp: Op<CopyAttributes & { order: readonly number[] }> = {
  name: 'permute',
  infer([x], { order }) {
    if ([...order].sort((a, b) => a - b).some((d, i) => d !== i) || order.length !== x!.shape.length) {
      throw new ShapeError(`the order [${order}] must name each of the ${x!.shape.length} dimensions once`);
    }
    return [{ shape: order.map((d) => x!.shape[d]!), dtype: x!.dtype }];
  },
  lower: (profile, problem, forced) => lower(copyFamily, profile, problem, forced),
  gradient: ({ grads: [g], attrs: { order } }) => [
    permute(
      g!,
      order.map((_, d) => order.indexOf(d)),
    ),
  ],
};

/** Dimension `d` of the result is dimension `order[d]` of `x`; elements are moved. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const strides = contiguousStrides(x.shape);
  // Dimensions of size 1 may go anywhere without moving an element.
  const moved = order.filter((d) => x.shape[d] !== 1);
  if (
    order.length === x.rank &&
    new Set(order).size === x.rank &&
    moved.every((d, i) => i === 0 || d > moved[i - 1]!)
  ) {
    return reshape(
      x,
      order.map((d) => x.shape[d]!),
    );
  }
  return x.graph.apply(permuteOp, [x], { order, strides: order.map((d) => strides[d]!), offset: 0 })[0]!;
}

/** The last two dimensions swapped. */
export function transpose(x: Tensor): Tensor {
  const order = [...x.shape.keys()];
  return permute(x, [...order.slice(0, -2), order.at(-1)!, order.at(-2)!]);
}

interface SliceAttributes extends CopyAttributes {
  start: readonly number[];
  stop: readonly number[];
}

const sliceOp: Op<SliceAttributes> = {
  name: 'slice',
  infer([x], { start, stop }) {
    for (const [d, n] of x!.shape.entries()) {
      if (!(start[d]! >= 0 && start[d]! < stop[d]! && stop[d]! <= n)) {
        throw new ShapeError(`[${start[d]}, ${stop[d]}) is no part of dimension ${d}, which has ${n} elements`);
      }
    }
    return [{ shape: start.map((s, d) => stop[d]! - s), dtype: x!.dtype }];
  },
  lower: (profile, problem, forced) => lower(copyFamily, profile, problem, forced),
  gradient: ({ inputs: [x], grads: [g], attrs: { start, stop } }) => [
    pad(
      g!,
      start.map((s, d) => [s, x!.shape[d]! - stop[d]!]),
    ),
  ],
};

/**
 * Elements `start` to `stop` (exclusive) of one dimension; negative bounds count from the end, an absent `stop` is the end.
 * For several dimensions give an object of them: `slice(x, { 0: [1, 3], 2: [0, -1] })`.
 */
export function slice(x: Tensor, axis: number, start: number, stop?: number): Tensor;
export function slice(x: Tensor, ranges: Readonly<Record<number, readonly [number, number?]>>): Tensor;
export function slice(
  x: Tensor,
  what: number | Readonly<Record<number, readonly [number, number?]>>,
  from = 0,
  to?: number,
): Tensor {
  const ranges = typeof what === 'number' ? { [what]: [from, to] as const } : what;
  const start = x.shape.map(() => 0);
  const stop = [...x.shape];
  for (const [key, [first, end]] of Object.entries(ranges)) {
    const axis = resolveAxis(Number(key), x.rank);
    const n = x.shape[axis]!;
    start[axis] = first < 0 ? first + n : first;
    stop[axis] = end === undefined ? n : end < 0 ? end + n : end;
  }
  if (start.every((s) => s === 0) && stop.every((s, d) => s === x.shape[d])) return x;
  const strides = contiguousStrides(x.shape);
  const offset = start.reduce((sum, s, d) => sum + s * strides[d]!, 0);
  return x.graph.apply(sliceOp, [x], { start, stop, strides, offset })[0]!;
}

interface ZeroPadAttributes extends PadAttributes {
  after: readonly number[];
}

const padOp: Op<ZeroPadAttributes> = {
  name: 'pad',
  infer([x], { before, after }) {
    if (before.length !== x!.shape.length) {
      throw new ShapeError(`${before.length} pairs of borders for ${x!.shape.length} dimensions; give one a dimension`);
    }
    if ([...before, ...after].some((n) => !Number.isInteger(n) || n < 0)) {
      throw new ShapeError(`borders are integers from 0 on, not [${before}] and [${after}]; slice cuts`);
    }
    return [{ shape: x!.shape.map((n, d) => before[d]! + n + after[d]!), dtype: x!.dtype }];
  },
  lower: (profile, problem, forced) => lower(padFamily, profile, problem, forced),
  gradient: ({ inputs: [x], grads: [g], attrs: { before } }) => [
    slice(g!, Object.fromEntries(before.map((b, d) => [d, [b, b + x!.shape[d]!] as const]))),
  ],
};

const padEdgeOp: Op<PadEdgeAttributes & { axis: number }> = {
  name: 'pad-edge',
  infer([x], { mode, axis, before, after }) {
    const n = x!.shape[axis]!;
    if ([before, after].some((b) => !Number.isInteger(b) || b < 0)) {
      throw new ShapeError(`borders are integers from 0 on, not ${before} and ${after}`);
    }
    if (mode === 'reflect' && Math.max(before, after) >= n) {
      throw new ShapeError(
        `reflect takes borders shorter than the dimension: ${before} and ${after} against ${n} elements`,
      );
    }
    return [{ shape: x!.shape.map((size, d) => (d === axis ? before + size + after : size)), dtype: x!.dtype }];
  },
  lower: (profile, problem, forced) => lower(padEdgeFamily, profile, problem, forced),
  gradient: ({ grads: [g], attrs }) => g!.graph.apply(padEdgeGradientOp, [g!], attrs),
};

const padEdgeGradientOp: Op<PadEdgeAttributes & { axis: number }> = {
  name: 'pad-edge-gradient',
  infer: ([g], { axis, before, after }) => [
    { shape: g!.shape.map((size, d) => (d === axis ? size - before - after : size)), dtype: g!.dtype },
  ],
  lower: (profile, problem, forced) => lower(padEdgeGradientFamily, profile, problem, forced),
  // The map is linear, so its adjoint's adjoint is itself.
  gradient: ({ grads: [g], attrs }) => g!.graph.apply(padEdgeOp, [g!], attrs),
};

/**
 * `x` with `borders[d] = [before, after]` elements added to each dimension. `zeros` everywhere; `reflect` mirrors about the
 * end elements without repeating them, and `edge` repeats them, each in one dimension a call.
 */
export function pad(
  x: Tensor,
  borders: readonly (readonly [number, number])[] | readonly number[][],
  mode: 'zeros' | 'reflect' | 'edge' = 'zeros',
): Tensor {
  const padded = borders.flatMap(([before, after], d) => (before === 0 && after === 0 ? [] : [d]));
  if (padded.length === 0 && borders.length === x.rank) return x;
  if (mode === 'zeros' || borders.length !== x.rank) {
    return x.graph.apply(padOp, [x], { before: borders.map((b) => b[0]!), after: borders.map((b) => b[1]!) })[0]!;
  }
  if (padded.length > 1) {
    throw new ShapeError(
      `pad(${x}): ${mode} takes one dimension a call, not ${padded.length}; call it for each in turn`,
    );
  }
  const axis = padded[0]!;
  const view = [sizeOf(x.shape.slice(0, axis)), x.shape[axis]!, sizeOf(x.shape.slice(axis + 1))] as const;
  const [before, after] = borders[axis] as [number, number];
  return x.graph.apply(padEdgeOp, [x], { mode, axis, view, before, after })[0]!;
}

const concatOp: Op<ConcatAttributes> = {
  name: 'concat',
  infer(inputs, { axis }) {
    const [first] = inputs;
    for (const [k, { shape, dtype }] of inputs.entries()) {
      if (shape.length !== first!.shape.length || shape.some((n, d) => d !== axis && n !== first!.shape[d])) {
        throw new ShapeError(
          `operand ${k} has shape ${shapeText(shape)}; all but axis ${axis} must match ${shapeText(first!.shape)}`,
        );
      }
      if (dtype !== first!.dtype)
        throw new ShapeError(`operand ${k} is ${dtype}, the first is ${first!.dtype}; cast one`);
    }
    const size = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return [{ shape: first!.shape.map((n, d) => (d === axis ? size : n)), dtype: first!.dtype }];
  },
  lower: (profile, problem, forced) => lower(concatFamily, profile, problem, forced),
  gradient({ inputs, grads: [g], attrs: { axis }, needs }) {
    let start = 0;
    return inputs.map((x, k) => {
      start += x.shape[axis]!;
      return needs[k] ? slice(g!, axis, start - x.shape[axis]!, start) : null;
    });
  },
};

/** Tensors joined along `axis`; the other dimensions and the types are equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) throw new ShapeError('concat: there is nothing to join; give at least one tensor');
  if (tensors.length === 1) return first;
  return first.graph.apply(concatOp, tensors, { axis: resolveAxis(axis, first.rank) })[0]!;
}
