/** Classifier-free guidance (Ho & Salimans 2022), with the rescaling of Lin et al. 2023 (arXiv:2305.08891, §3.4). */

import { add, addScalar, div, maximum, mean, mul, sqrt, sub, sumSquares, type Tensor } from '../../engine/engine.js';

/** Keeps a constant guided output from a division by 0. */
const MIN_VARIATION = 1e-20;

/**
 * unconditional + guidance · (conditional − unconditional), all [B, …]. `rescale` in [0, 1] (diffusers' guidance_rescale)
 * mixes in the same rescaled to the standard deviation of `conditional`, element by element of the batch, which strong
 * guidance overshoots. `guidance` and `rescale` have shape [1] and are inputs of the graph, not constants.
 */
export function guide(conditional: Tensor, unconditional: Tensor, guidance: Tensor, rescale?: Tensor): Tensor {
  const guided = add(unconditional, mul(sub(conditional, unconditional), guidance));
  if (!rescale) return guided;
  const ratio = sqrt(div(variation(conditional), maximum(variation(guided), MIN_VARIATION)));
  return mul(guided, addScalar(mul(rescale, addScalar(ratio, -1)), 1));
}

/** Sum of squared deviations from the mean, for each element of the batch: [B, 1, …]. */
function variation(x: Tensor): Tensor {
  const axes = x.shape.slice(1).map((_, i) => i + 1);
  const options = { keepDims: true };
  return sumSquares(sub(x, mean(x, axes, options)), axes, options);
}
