/**
 * Elementwise operations with numpy broadcasting. All of them are one op, `map`, over a scalar expression, which is what
 * lets any chain of them fuse into one kernel.
 */

import { type ElementwiseAttributes, elementwiseFamily, MAX_OPERANDS } from '../../kernels/elementwise/elementwise.js';
import type { Expression, ScalarFunction } from '../../kernels/elementwise/expression.js';
import { type DType, lower, shapeText } from '../../kernels/kernel.js';
import { EngineError, ShapeError } from '../errors.js';
import type { Graph, Op, Tensor } from '../graph.js';
import { derivative, isZero, productOf } from './derivative.js';
import { sumTo } from './reduce.js';

export interface MapAttributes extends ElementwiseAttributes {
  dtype: DType;
  /** The result is broadcast to this shape even where no operand has it. */
  shape?: readonly number[];
}

export const mapOp: Op<MapAttributes> = {
  name: 'map',
  infer: (inputs, { dtype, shape }) => [
    { shape: broadcastShapes([...inputs.map((t) => t.shape), ...(shape ? [shape] : [])]), dtype },
  ],
  lower: (profile, problem, forced) => lower(elementwiseFamily, profile, problem, forced),
  inPlace: ({ inputs, outputs }) =>
    [...inputs.keys()].filter(
      (k) => inputs[k]!.dtype === outputs[0]!.dtype && inputs[k]!.shape.join() === outputs[0]!.shape.join(),
    ),
  gradient({ inputs, grads: [g], attrs: { expression }, needs }) {
    return inputs.map((x, k) => {
      if (!needs[k]) return null;
      const slope = derivative(expression, k);
      if (isZero(slope)) return null;
      const product = productOf({ arg: inputs.length }, slope);
      return sumTo('arg' in product ? g! : map(product, [...inputs, g!]), x.shape);
    });
  },
};

/** numpy's rule: shapes align at the right, sizes are equal or 1. */
export function broadcastShapes(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((s) => s[i - rank + s.length] ?? 1);
    const size = Math.max(...sizes);
    const odd = sizes.find((n) => n !== 1 && n !== size);
    if (odd !== undefined) {
      throw new ShapeError(
        `shapes ${shapes.map(shapeText).join(' and ')} do not broadcast: ${odd} against ${size} in dimension ${i}`,
      );
    }
    return size;
  });
}

/**
 * `expression` applied to each element; argument `k` of the expression is `inputs[k]`, broadcast. Operands that the
 * expression does not use are left out. Result dtype: f32 if any operand is, unless given.
 */
export function map(expression: Expression, inputs: readonly Tensor[], dtype?: DType): Tensor {
  const unique = [...new Set(inputs.filter((_, k) => uses(expression, k)))];
  if (unique.length === 0) throw new EngineError('map: the expression uses none of its operands');
  if (unique.length > MAX_OPERANDS) {
    throw new EngineError(`map: ${unique.length} operands; one kernel takes ${MAX_OPERANDS}, so split the expression`);
  }
  const renamed = rename(expression, (k) => unique.indexOf(inputs[k]!));
  const type = dtype ?? (unique.some((t) => t.dtype !== 'f16') ? 'f32' : 'f16');
  const graph = unique[0]!.graph;
  return graph.apply(mapOp, unique, { expression: renamed, dtype: type })[0]!;
}

export function uses(expression: Expression, k: number): boolean {
  if ('arg' in expression) return expression.arg === k;
  return 'fn' in expression && expression.of.some((e) => uses(e, k));
}

function rename(expression: Expression, to: (k: number) => number): Expression {
  if ('arg' in expression) return { arg: to(expression.arg) };
  if ('value' in expression) return expression;
  return { fn: expression.fn, of: expression.of.map((e) => rename(e, to)) };
}

/** clamp(x + 3, 0, 6) */
const SHIFTED_RELU6: Expression = {
  fn: 'min',
  of: [{ fn: 'max', of: [{ fn: 'add', of: [{ arg: 0 }, { value: 3 }] }, { value: 0 }] }, { value: 6 }],
};
const HARD_SWISH: Expression = {
  fn: 'mul',
  of: [{ arg: 0 }, { fn: 'mul', of: [SHIFTED_RELU6, { value: 1 / 6 }] }],
};

type Operand = Tensor | number;

/** One function of tensors and numbers; at least one operand is a tensor. */
function apply(fn: ScalarFunction, ...operands: Operand[]): Tensor {
  const tensors = operands.filter((o): o is Tensor => typeof o !== 'number');
  let next = 0;
  const of = operands.map((o): Expression => (typeof o === 'number' ? { value: o } : { arg: next++ }));
  return map({ fn, of }, tensors);
}

export const add = (a: Operand, b: Operand): Tensor => apply('add', a, b);
export const sub = (a: Operand, b: Operand): Tensor => apply('sub', a, b);
export const mul = (a: Operand, b: Operand): Tensor => apply('mul', a, b);
export const div = (a: Operand, b: Operand): Tensor => apply('div', a, b);
export const minimum = (a: Operand, b: Operand): Tensor => apply('min', a, b);
export const maximum = (a: Operand, b: Operand): Tensor => apply('max', a, b);
/** a to the power b; a negative a counts as 0, since WGSL has no power of it. */
export const pow = (a: Operand, b: Operand): Tensor => apply('pow', a, b);
/** Angle of (x, y) in radians, in (−π, π]. */
export const atan2 = (y: Operand, x: Operand): Tensor => apply('atan2', y, x);
/** 1 where a > b, else 0. */
export const greater = (a: Operand, b: Operand): Tensor => apply('greater', a, b);
export const greaterEqual = (a: Operand, b: Operand): Tensor => apply('greater_equal', a, b);
export const less = (a: Operand, b: Operand): Tensor => apply('less', a, b);
export const equal = (a: Operand, b: Operand): Tensor => apply('equal', a, b);
/** `value` where `condition` is not 0, else `otherwise`. */
export const where = (condition: Operand, value: Operand, otherwise: Operand): Tensor =>
  apply('select', otherwise, value, condition);

export const neg = (x: Tensor): Tensor => apply('neg', x);
export const abs = (x: Tensor): Tensor => apply('abs', x);
export const sign = (x: Tensor): Tensor => apply('sign', x);
export const exp = (x: Tensor): Tensor => apply('exp', x);
/** Natural logarithm; the caller keeps x above 0 (see `clamp`). */
export const log = (x: Tensor): Tensor => apply('log', x);
export const sqrt = (x: Tensor): Tensor => apply('sqrt', x);
export const rsqrt = (x: Tensor): Tensor => apply('rsqrt', x);
export const sin = (x: Tensor): Tensor => apply('sin', x);
export const cos = (x: Tensor): Tensor => apply('cos', x);
export const tanh = (x: Tensor): Tensor => apply('tanh', x);
export const sigmoid = (x: Tensor): Tensor => apply('sigmoid', x);
/** x·sigmoid(x), also called swish. */
export const silu = (x: Tensor): Tensor => apply('silu', x);
/** x·Φ(x), the exact form. */
export const gelu = (x: Tensor): Tensor => apply('gelu', x);
/** x·sigmoid(1.702 x), as CLIP has it. */
export const quickGelu = (x: Tensor): Tensor => apply('quick_gelu', x);
/** x·clamp(x + 3, 0, 6) / 6, of MobileNetV3 (Howard et al. 2019, section 5.2). */
export const hardSwish = (x: Tensor): Tensor => map(HARD_SWISH, [x]);
export const softplus = (x: Tensor): Tensor => apply('softplus', x);
export const relu = (x: Tensor): Tensor => apply('max', x, 0);
export const leakyRelu = (x: Tensor, slope: number): Tensor => apply('leaky_relu', x, slope);
export const floor = (x: Tensor): Tensor => apply('floor', x);
export const square = (x: Tensor): Tensor => map({ fn: 'mul', of: [{ arg: 0 }, { arg: 0 }] }, [x]);
export const scale = (x: Tensor, factor: number): Tensor => apply('mul', x, factor);
export const addScalar = (x: Tensor, term: number): Tensor => apply('add', x, term);
/** x held within [low, high]; the gradient is 0 outside. */
export const clamp = (x: Tensor, low: number, high: number): Tensor => minimum(maximum(x, low), high);

/**
 * `x` repeated along its dimensions of size 1 (and missing leading ones) to `shape`; free where it fuses.
 * @throws {ShapeError} when it does not broadcast to `shape`
 */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  if (x.shape.join() === shape.join()) return x;
  if (broadcastShapes([x.shape, shape]).join() !== shape.join()) {
    throw new ShapeError(`broadcastTo: ${shapeText(x.shape)} does not broadcast to ${shapeText(shape)}`);
  }
  return x.graph.apply(mapOp, [x], { expression: { arg: 0 }, dtype: x.dtype, shape })[0]!;
}

/** The same values in another storage type. */
export const cast = (x: Tensor, dtype: DType): Tensor => (x.dtype === dtype ? x : map({ arg: 0 }, [x], dtype));

/** A scalar-free constant of one value, to be broadcast. */
export const fill = (graph: Graph, value: number, shape: readonly number[] = [1]): Tensor =>
  graph.constant(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape);

export const zerosLike = (x: Tensor): Tensor => fill(x.graph, 0, x.shape);
