/** Gradient of the convolution in its input: its adjoint, and so the transposed convolution. */

import type { Family } from '../kernel.js';
import { forwardOrInputGradientVariants } from './forward-or-input-gradient.js';
import type { Convolution, InputGradientProblem } from './geometry.js';
import { matmulVariant } from './matmul.js';
import { naiveVariant } from './naive.js';

function convolutionOf(problem: InputGradientProblem): Convolution {
  return { ...problem, x: problem.outputs[0]!, w: problem.inputs[1]!, y: problem.inputs[0]! };
}

export const inputGradientFamily: Family<InputGradientProblem> = {
  name: 'conv2d-input-gradient',
  variants: [
    matmulVariant(convolutionOf, ({ x, w, y }) => ({
      inputs: [y, w],
      outputs: [x],
      transposeA: false,
      transposeB: false,
    })),
    ...forwardOrInputGradientVariants(true, convolutionOf),
    naiveVariant('conv/naive-input-gradient', convolutionOf, 'x'),
  ],
};
