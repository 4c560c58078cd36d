/** Softmax over the last dimension. */

import { lower } from '../../kernels/kernel.js';
import { type SoftmaxAttributes, softmaxFamily, softmaxGradientFamily } from '../../kernels/norm/softmax.js';
import type { Op, Tensor } from '../graph.js';

const softmaxOp: Op<SoftmaxAttributes> = {
  name: 'softmax',
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  lower: (profile, problem, forced) => lower(softmaxFamily, profile, problem, forced),
  gradient: ({ outputs: [y], grads: [g], attrs }) => y!.graph.apply(softmaxGradientOp, [y!, g!], attrs),
};

const softmaxGradientOp: Op<SoftmaxAttributes> = {
  name: 'softmax-gradient',
  infer: ([y]) => [{ shape: y!.shape, dtype: y!.dtype }],
  lower: (profile, problem, forced) => lower(softmaxGradientFamily, profile, problem, forced),
};

/** exp(x) / Σ exp(x) over the last dimension, safe for any finite x; same shape and type as x. */
export const softmax = (x: Tensor): Tensor => x.graph.apply(softmaxOp, [x], { log: false })[0]!;

/** The logarithm of `softmax(x)`, exact where the softmax itself would round to 0. */
export const logSoftmax = (x: Tensor): Tensor => x.graph.apply(softmaxOp, [x], { log: true })[0]!;
