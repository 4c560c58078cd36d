/** Training's last step: gradient clipping, AdamW and moving averages. Every number that changes by step is an operand. */

import { lower, shapeText, sizeOf, type TensorType } from '../../kernels/kernel.js';
import {
  adamwEmaFamily,
  adamwFamily,
  emaFamily,
  HYPER,
  sumOfSquaresFamily,
} from '../../kernels/optimizer/optimizer.js';
import { DTypeError, EngineError, ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';
import { addScalar, div, fill, minimum, sqrt } from './elementwise.js';

function requireLike(names: readonly string[], tensors: readonly TensorType[], like: TensorType): void {
  for (const [k, { shape, dtype }] of tensors.entries()) {
    if (shape.join() !== like.shape.join()) {
      throw new ShapeError(
        `${names[k]} has shape ${shapeText(shape)}, the parameter ${shapeText(like.shape)}; they must match`,
      );
    }
    if (dtype !== 'f32' && names[k] !== 'grad') throw new DTypeError(`${names[k]} is ${dtype}; master state is f32`);
  }
}

const adamwOp = (ema: boolean): Op => ({
  name: 'adamw',
  infer([param, grad, m, v, hyper, clip, average]) {
    requireLike(['param', 'grad', 'm', 'v', 'ema'], [param!, grad!, m!, v!, ...(average ? [average] : [])], param!);
    if (sizeOf(hyper!.shape) !== HYPER.length) {
      throw new ShapeError(`hyper has the ${HYPER.length} values ${HYPER.join(', ')}, not ${sizeOf(hyper!.shape)}`);
    }
    if (sizeOf(clip!.shape) !== 1) throw new ShapeError(`the clip scale is one number, not ${shapeText(clip!.shape)}`);
    return [];
  },
  lower: (profile, problem, forced) => lower(ema ? adamwEmaFamily : adamwFamily, profile, problem, forced),
  mutates: ema ? [0, 2, 3, 6] : [0, 2, 3],
});

const adamwAlone = adamwOp(false);
const adamwAveraged = adamwOp(true);

export interface AdamWOperands {
  /** Variable to train, f32. */
  param: Tensor;
  /** Its gradient, f32 or f16. */
  grad: Tensor;
  /** Variables of the parameter's shape, zeros at the start: the moments. */
  m: Tensor;
  v: Tensor;
  /** Variable of the parameter's shape that follows it by `emaDecay`. */
  ema?: Tensor;
}

/**
 * One step of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) in place. `hyper` is f32 [9]: lr, beta1, beta2, eps,
 * weightDecay, biasCorrection1 = 1 − beta1ᵗ, biasCorrection2 = 1 − beta2ᵗ (t from 1), emaDecay, gradScale (multiplies
 * the gradient). `clipScale` [1] multiplies the gradient too; see the function of that name.
 * @throws {ShapeError} when shapes differ from the parameter's
 * @throws {DTypeError} when master state is not f32
 */
export function adamw({ param, grad, m, v, ema }: AdamWOperands, hyper: Tensor, clipScale?: Tensor): void {
  const clip = clipScale ?? fill(param.graph, 1);
  const operands = [param, grad, m, v, hyper, clip];
  if (ema) param.graph.apply(adamwAveraged, [...operands, ema], {});
  else param.graph.apply(adamwAlone, operands, {});
}

const emaOp: Op = {
  name: 'ema',
  infer([average, x, decay]) {
    requireLike(['average', 'x'], [average!, x!], average!);
    if (sizeOf(decay!.shape) !== 1) throw new ShapeError(`the decay is one number, not ${shapeText(decay!.shape)}`);
    return [];
  },
  lower: (profile, problem, forced) => lower(emaFamily, profile, problem, forced),
  mutates: [0],
};

/** average ← decay·average + (1 − decay)·x, in place; `average` is a variable, `decay` f32 [1]. */
export function ema(average: Tensor, x: Tensor, decay: Tensor): void {
  average.graph.apply(emaOp, [average, x, decay], {});
}

const sumOfSquaresOp: Op = {
  name: 'sum-of-squares',
  infer: () => [{ shape: [1], dtype: 'f32' }],
  lower: (profile, problem, forced) => lower(sumOfSquaresFamily, profile, problem, forced),
};

/**
 * √Σg² over all elements of all tensors, f32 [1]. Not differentiable.
 * @throws {EngineError} when there is no tensor
 */
export function globalNorm(grads: readonly Tensor[]): Tensor {
  const [first] = grads;
  if (!first) throw new EngineError('globalNorm: there are no gradients; give at least one tensor');
  return sqrt(first.graph.apply(sumOfSquaresOp, grads, {})[0]!);
}

/** min(1, maxNorm / norm): what gradients are multiplied by so that their norm is at most `maxNorm`. */
export const clipScale = (norm: Tensor, maxNorm: number): Tensor => minimum(div(maxNorm, addScalar(norm, 1e-6)), 1);
