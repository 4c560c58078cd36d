/** Layer and group normalisation, with their own backward kernels. */

import { lower, type Problem, shapeText, sizeOf } from '../../kernels/kernel.js';
import {
  type NormAttributes,
  type NormInputGradientProblem,
  normFamily,
  normInputGradientFamily,
  normWeightGradientFamily,
} from '../../kernels/norm/norm.js';
import { ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';
import { fill } from './elementwise.js';

const normOp: Op<NormAttributes> = {
  name: 'norm',
  infer([x, ...affine], { batch, groups, width }) {
    for (const { shape } of affine) {
      if (sizeOf(shape) !== groups * width) {
        throw new ShapeError(
          `weight and bias have one element a channel: [${groups * width}], not ${shapeText(shape)}`,
        );
      }
    }
    const statistic = { shape: [batch * groups], dtype: 'f32' } as const;
    return [{ shape: x!.shape, dtype: x!.dtype }, statistic, statistic];
  },
  lower: (profile, problem, forced) => lower(normFamily, profile, problem, forced),
  gradient({ inputs: [x, weight], outputs: [, mean, rstd], grads: [dy], attrs, needs }) {
    const operands = [x!, dy!, mean!, rstd!];
    const dx = needs[0] ? x!.graph.apply(inputGradientOp, weight ? [...operands, weight] : operands, attrs)[0]! : null;
    if (!weight || !(needs[1] || needs[2])) return [dx, null, null];
    return [dx, ...x!.graph.apply(weightGradientOp, operands, { ...attrs, dtype: weight.dtype })];
  },
};

const inputGradientOp: Op<NormAttributes> = {
  name: 'norm-input-gradient',
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  lower: (profile, problem, forced) =>
    lower(normInputGradientFamily, profile, problem satisfies NormInputGradientProblem, forced),
};

const weightGradientOp: Op<NormAttributes & { dtype: Tensor['dtype'] }> = {
  name: 'norm-weight-gradient',
  infer(_, { groups, width, dtype }) {
    const channel = { shape: [groups * width], dtype };
    return [channel, channel];
  },
  lower: (profile, problem: Problem & NormAttributes, forced) =>
    lower(normWeightGradientFamily, profile, problem, forced),
};

export interface NormOptions {
  /** One factor a channel, [C]; absent: 1. */
  weight?: Tensor;
  /** One term a channel, [C]; absent: 0. */
  bias?: Tensor;
  /** Added to the variance; 1e-5 unless given. */
  eps?: number;
}

function normalise(
  x: Tensor,
  rows: Pick<NormAttributes, 'batch' | 'spatial' | 'groups' | 'width'>,
  { weight, bias, eps = 1e-5 }: NormOptions,
): Tensor {
  const affine = weight !== undefined || bias !== undefined;
  const channels = [rows.groups * rows.width];
  const operands = affine ? [x, weight ?? fill(x.graph, 1, channels), bias ?? fill(x.graph, 0, channels)] : [x];
  return x.graph.apply(normOp, operands, { ...rows, eps, affine })[0]!;
}

/**
 * x [..., C] with mean 0 and variance 1 over the last dimension, then times weight plus bias (Ba et al. 2016,
 * arXiv:1607.06450).
 * @throws {ShapeError} when weight or bias do not have C elements
 */
export function layerNorm(x: Tensor, options: NormOptions = {}): Tensor {
  const width = x.shape.at(-1)!;
  return normalise(x, { batch: sizeOf(x.shape) / width, spatial: 1, groups: 1, width }, options);
}

/**
 * x [B, ..., C], channels last, with mean 0 and variance 1 over all positions and the C / groups channels of each
 * group, then times weight plus bias a channel (Wu & He 2018, arXiv:1803.08494).
 * @throws {ShapeError} when the groups do not divide C
 */
export function groupNorm(x: Tensor, groups: number, options: NormOptions = {}): Tensor {
  const channels = x.shape.at(-1)!;
  if (x.rank < 2 || channels % groups !== 0) {
    throw new ShapeError(`groupNorm(${x}): the last of two or more dimensions must divide into ${groups} groups`);
  }
  const batch = x.shape[0]!;
  const spatial = sizeOf(x.shape) / (batch * channels);
  return normalise(x, { batch, spatial, groups, width: channels / groups }, options);
}
