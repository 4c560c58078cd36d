/** Classifier-free guidance (Ho & Salimans 2022), with the rescaling of Lin et al. 2023 (arXiv:2305.08891, §3.4). */

import { add, addScalar, div, maximum, mean, mul, sqrt, sub, sumSquares, type Tensor } from '../../engine/engine.js';

/** Keeps a guided output of one value from dividing by 0. */
const LEAST_VARIATION = 1e-20;

/**
 * without + guidance · (with − without), all [B, …]. With `rescale` (0 … 1) that much of the result is given back the
 * deviation of `conditional` over each element of the batch, which strong guidance overshoots. `guidance` and `rescale` have
 * shape [1] and are inputs of the graph, never baked.
 */
export function guide(conditional: Tensor, unconditional: Tensor, guidance: Tensor, rescale?: Tensor): Tensor {
  const guided = add(unconditional, mul(sub(conditional, unconditional), guidance));
  if (!rescale) return guided;
  const ratio = sqrt(div(variation(conditional), maximum(variation(guided), LEAST_VARIATION)));
  return mul(guided, addScalar(mul(rescale, addScalar(ratio, -1)), 1));
}

/** Squares around the mean of each element of the batch, summed: [B, 1, …]. */
function variation(x: Tensor): Tensor {
  const axes = x.shape.slice(1).map((_, i) => i + 1);
  const options = { keepDims: true };
  return sumSquares(sub(x, mean(x, axes, options)), axes, options);
}
