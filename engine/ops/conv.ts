/**
 * Convolutions over channels-last tensors. Three operations are closed under differentiation: the convolution, its adjoint
 * in the input (which is the transposed convolution) and its gradient in the weights. The 1-D forms are those with one row.
 */

import { convFamily } from '../../kernels/conv/conv.js';
import { type ConvAttributes, type ConvProblem, convOutputShape } from '../../kernels/conv/geometry.js';
import { inputGradientFamily } from '../../kernels/conv/input-gradient.js';
import { weightGradientFamily } from '../../kernels/conv/weight-gradient.js';
import type { Epilogue } from '../../kernels/elementwise/expression.js';
import { type DType, lower, shapeText, type TensorType } from '../../kernels/kernel.js';
import { ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';
import { reshape } from './layout.js';

/** The planner's fusion pass may add an epilogue; gradient rules never see one. */
type ConvOpAttributes = ConvAttributes & { readonly epilogue?: Epilogue };

/** Rows and columns of the input that the adjoint gives back. */
type InputGradientAttributes = ConvAttributes & { readonly size: readonly [number, number] };

type WeightGradientAttributes = ConvAttributes & { readonly kernel: readonly [number, number]; readonly dtype: DType };

/** Shape of y for x and w, or a ShapeError that says what does not fit. */
function outputShape(x: readonly number[], w: readonly number[], attrs: ConvAttributes): number[] {
  if (x.length !== 4) throw new ShapeError(`the input is [batch, height, width, channels], not ${shapeText(x)}`);
  if (w.length !== 4)
    throw new ShapeError(`weights are [out, kernel height, kernel width, in / groups], not ${shapeText(w)}`);
  const { groups, stride, dilation, padding } = attrs;
  const natural = (n: number): boolean => Number.isInteger(n) && n >= 1;
  if (!natural(groups) || w[0]! % groups !== 0) {
    throw new ShapeError(`${w[0]} output channels do not divide into ${groups} groups`);
  }
  if (x[3] !== w[3]! * groups) {
    throw new ShapeError(`the input has ${x[3]} channels, the weights want ${w[3]} in each of ${groups} groups`);
  }
  if (![...stride, ...dilation].every(natural)) {
    throw new ShapeError(`strides [${stride}] and dilations [${dilation}] are whole numbers from 1`);
  }
  if (!padding.every((p) => Number.isInteger(p) && p >= 0)) {
    throw new ShapeError(`paddings are whole numbers from 0, not [${padding}]`);
  }
  const y = convOutputShape(x, w, attrs);
  if (y[1]! < 1 || y[2]! < 1) {
    throw new ShapeError(
      `a kernel of ${w[1]}×${w[2]} with dilation [${dilation}] does not fit an input of ${x[1]}×${x[2]} with padding [${padding}]`,
    );
  }
  return y;
}

const convOp: Op<ConvOpAttributes> = {
  name: 'conv2d',
  fusesEpilogue: true,
  infer: ([x, w], attrs) => [{ shape: outputShape(x!.shape, w!.shape, attrs), dtype: x!.dtype }],
  lower: (profile, problem, forced) => lower(convFamily, profile, problem as ConvProblem, forced),
  gradient({ inputs: [x, w], grads: [g], attrs, needs }) {
    return [needs[0] ? inputGradient(g!, w!, attrs, x!) : null, needs[1] ? weightGradient(x!, g!, attrs, w!) : null];
  },
};

const inputGradientOp: Op<InputGradientAttributes> = {
  name: 'conv2d-input-gradient',
  infer([g, w], attrs) {
    const shape = [g!.shape[0]!, ...attrs.size, w!.shape[3]! * attrs.groups];
    const expected = outputShape(shape, w!.shape, attrs);
    if (expected.join() !== g!.shape.join()) {
      throw new ShapeError(
        `an input ${shapeText(shape)} convolves to ${shapeText(expected)}, not to ${shapeText(g!.shape)}`,
      );
    }
    return [{ shape, dtype: g!.dtype }];
  },
  lower: (profile, problem, forced) => lower(inputGradientFamily, profile, problem, forced),
  gradient({ inputs: [g, w], grads: [up], attrs, needs }) {
    return [
      needs[0] ? up!.graph.apply(convOp, [up!, w!], convAttributes(attrs))[0]! : null,
      needs[1] ? weightGradient(up!, g!, attrs, w!) : null,
    ];
  },
};

const weightGradientOp: Op<WeightGradientAttributes> = {
  name: 'conv2d-weight-gradient',
  infer([x, g], attrs) {
    const shape = [g!.shape[3]!, ...attrs.kernel, x!.shape[3]! / attrs.groups];
    const expected = outputShape(x!.shape, shape, attrs);
    if (expected.join() !== g!.shape.join()) {
      throw new ShapeError(`weights ${shapeText(shape)} give ${shapeText(expected)}, not ${shapeText(g!.shape)}`);
    }
    return [{ shape, dtype: attrs.dtype }];
  },
  lower: (profile, problem, forced) => lower(weightGradientFamily, profile, problem, forced),
  gradient({ inputs: [x, g], grads: [up], attrs, needs }) {
    return [
      needs[0] ? inputGradient(g!, up!, attrs, x!) : null,
      needs[1] ? up!.graph.apply(convOp, [x!, up!], convAttributes(attrs))[0]! : null,
    ];
  },
};

/** The convolution's own attributes, without what a gradient op adds or a fusion pass added. */
function convAttributes({ stride, padding, dilation, groups }: ConvAttributes): ConvAttributes {
  return { stride, padding, dilation, groups };
}

function inputGradient(g: Tensor, w: Tensor, attrs: ConvAttributes, x: TensorType): Tensor {
  const size = [x.shape[1]!, x.shape[2]!] as const;
  return g.graph.apply(inputGradientOp, [g, w], { ...convAttributes(attrs), size })[0]!;
}

function weightGradient(x: Tensor, g: Tensor, attrs: ConvAttributes, w: TensorType): Tensor {
  const kernel = [w.shape[1]!, w.shape[2]!] as const;
  return x.graph.apply(weightGradientOp, [x, g], { ...convAttributes(attrs), kernel, dtype: w.dtype })[0]!;
}

/** `[before, after]`; one number is both. */
export type Padding1d = number | readonly [number, number];

const bothEnds = (padding: Padding1d = 0): readonly [number, number] =>
  typeof padding === 'number' ? [padding, padding] : padding;

/**
 * Cross-correlation of `x` [B, H, W, I] with `w` [O, KH, KW, I/groups] → [B, OH, OW, O], with
 * OH = ⌊(H + top + bottom − (KH − 1)·dilation − 1) / stride⌋ + 1, and OW alike. `stride` and `dilation` are [rows, columns]
 * (default 1), `padding` is zeros at [top, bottom, left, right] (default 0); with `groups` = I = O it is depthwise.
 * @throws {ShapeError} when channels do not match or the kernel does not fit
 */
export function conv2d(x: Tensor, w: Tensor, options: Partial<ConvAttributes> = {}): Tensor {
  const attrs = {
    stride: options.stride ?? [1, 1],
    padding: options.padding ?? [0, 0, 0, 0],
    dilation: options.dilation ?? [1, 1],
    groups: options.groups ?? 1,
  } as const;
  return x.graph.apply(convOp, [x, w], attrs)[0]!;
}

export interface Conv1dOptions {
  stride?: number;
  padding?: Padding1d;
  dilation?: number;
  groups?: number;
}

/**
 * Cross-correlation of `x` [B, L, I] with `w` [O, K, I/groups] → [B, OL, O],
 * OL = ⌊(L + before + after − (K − 1)·dilation − 1) / stride⌋ + 1.
 * @throws {ShapeError} when channels do not match or the kernel does not fit
 */
export function conv1d(x: Tensor, w: Tensor, options: Conv1dOptions = {}): Tensor {
  const [before, after] = bothEnds(options.padding);
  const y = conv2d(
    withRow(x, 'the input is [batch, length, channels]'),
    withRow(w, 'weights are [out, kernel, in / groups]', true),
    {
      stride: [1, options.stride ?? 1],
      padding: [0, 0, before, after],
      dilation: [1, options.dilation ?? 1],
      groups: options.groups ?? 1,
    },
  );
  return reshape(y, [y.shape[0]!, y.shape[2]!, y.shape[3]!]);
}

/** [a, b, c] → [a, 1, b, c]. */
function withRow(t: Tensor, layout: string, weights = false): Tensor {
  if (t.rank !== 3) throw new ShapeError(`conv1d${weights ? ' weights' : ''}: ${layout}, not ${shapeText(t.shape)}`);
  return reshape(t, [t.shape[0]!, 1, t.shape[1]!, t.shape[2]!]);
}

/**
 * Transposed convolution of `x` [B, L, I] with `w` [I, K, O] → [B, (L − 1)·stride − before − after + K, O]: each input
 * element adds its scaled kernel to the output, `stride` (default 1) apart; `padding` elements are cut off the ends.
 * The adjoint of `conv1d` with the same `w`.
 * @throws {ShapeError} when channels do not match or nothing of the output is left
 */
export function convTranspose1d(x: Tensor, w: Tensor, options: { stride?: number; padding?: Padding1d } = {}): Tensor {
  const [before, after] = bothEnds(options.padding);
  const stride = options.stride ?? 1;
  const g = withRow(x, 'the input is [batch, length, channels]');
  const kernel = withRow(w, 'weights are [in, kernel, out]', true);
  if (x.shape[2] !== w.shape[0]) {
    throw new ShapeError(`convTranspose1d: the input has ${x.shape[2]} channels, the weights want ${w.shape[0]}`);
  }
  const length = (x.shape[1]! - 1) * stride - before - after + w.shape[1]!;
  if (length < 1) {
    throw new ShapeError(`convTranspose1d: padding [${before}, ${after}] leaves nothing of the output`);
  }
  const attrs: InputGradientAttributes = {
    stride: [1, stride],
    padding: [0, 0, before, after],
    dilation: [1, 1],
    groups: 1,
    size: [1, length],
  };
  const y = x.graph.apply(inputGradientOp, [g, kernel], attrs)[0]!;
  return reshape(y, [y.shape[0]!, length, w.shape[2]!]);
}
