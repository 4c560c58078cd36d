import { type Family, flatGrid, input, type Lowering, lower, output, sizeOf, type Variant } from '../kernel.js';
import { matmulFamily } from '../matmul/matmul.js';
import { forwardOrInputGradientVariants } from './forward-or-input-gradient.js';
import {
  type Convolution,
  convFlops,
  geometryParams,
  type InputGradientProblem,
  unsupportedMatmul,
  usesF16,
} from './geometry.js';

function convolutionOf(problem: InputGradientProblem): Convolution {
  return { ...problem, x: problem.outputs[0]!, w: problem.inputs[1]!, y: problem.inputs[0]! };
}

const matmul: Variant<InputGradientProblem> = {
  name: 'matmul',
  unsupportedReason: (_, problem) => unsupportedMatmul(convolutionOf(problem)),
  lower(profile, problem): Lowering {
    const { x, w, y } = convolutionOf(problem);
    const rows = sizeOf(y.shape.slice(0, 3));
    const width = sizeOf(w.shape.slice(1));
    const product = lower(matmulFamily, profile, {
      inputs: [
        { shape: [rows, w.shape[0]!], dtype: y.dtype },
        { shape: [w.shape[0]!, width], dtype: w.dtype },
      ],
      outputs: [{ shape: [rows, width], dtype: x.dtype }],
      transposeA: false,
      transposeB: false,
    });
    return { ...product, variant: 'matmul' };
  },
};

const naive: Variant<InputGradientProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, problem) {
    const convolution = convolutionOf(problem);
    const { x, w, y } = convolution;
    return {
      variant: 'naive',
      calls: [
        {
          template: 'conv/naive-input-gradient',
          defines: { G_TYPE: y.dtype, W_TYPE: w.dtype, X_TYPE: x.dtype, F16: usesF16(problem) },
          buffers: [input(0), input(1), output()],
          params: geometryParams(convolution),
          workgroups: flatGrid(sizeOf(x.shape), 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: convFlops(convolution),
    };
  },
};

export const inputGradientFamily: Family<InputGradientProblem> = {
  name: 'conv2d-input-gradient',
  variants: [matmul, ...forwardOrInputGradientVariants(true, convolutionOf), naive],
};
