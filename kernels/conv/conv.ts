/** Convolution over [B, H, W, C]; one axis of length 1 makes it a 1-D convolution. */

import type { Family } from '../kernel.js';
import { forwardOrInputGradientVariants } from './forward-or-input-gradient.js';
import type { Convolution, ConvProblem } from './geometry.js';
import { matmulVariant } from './matmul.js';
import { naiveVariant } from './naive.js';

export function convolutionOf(problem: ConvProblem): Convolution {
  return { ...problem, x: problem.inputs[0]!, w: problem.inputs[1]!, y: problem.outputs[0]! };
}

export const convFamily: Family<ConvProblem> = {
  name: 'conv2d',
  variants: [
    matmulVariant(convolutionOf, ({ x, w, y }, { inputs }) => ({
      inputs: [x, w, ...inputs.slice(2)],
      outputs: [y],
      transposeA: false,
      transposeB: true,
    })),
    ...forwardOrInputGradientVariants(false, convolutionOf),
    naiveVariant('conv/naive', convolutionOf, 'y'),
  ],
};
