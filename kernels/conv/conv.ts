/** Convolution over [B, H, W, C]; one axis of length 1 makes it a 1-D convolution. */

import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { type Family, flatGrid, type Lowering, lower, output, sizeOf, type Variant } from '../kernel.js';
import { matmulFamily } from '../matmul/matmul.js';
import { forwardOrInputGradientVariants } from './forward-or-input-gradient.js';
import {
  type Convolution,
  type ConvProblem,
  convFlops,
  geometryParams,
  unsupportedMatmul,
  usesF16,
} from './geometry.js';

export function convolutionOf(problem: ConvProblem): Convolution {
  return { ...problem, x: problem.inputs[0]!, w: problem.inputs[1]!, y: problem.outputs[0]! };
}

/** Where the convolution is a matrix product as its tensors lie, the matrix kernels do it. */
const matmul: Variant<ConvProblem> = {
  name: 'matmul',
  unsupportedReason: (_, problem) => unsupportedMatmul(convolutionOf(problem)),
  lower(profile, problem): Lowering {
    const { x, w, y } = convolutionOf(problem);
    const rows = sizeOf(y.shape.slice(0, 3));
    const depth = sizeOf(w.shape.slice(1));
    const product = lower(matmulFamily, profile, {
      inputs: [
        { shape: [rows, depth], dtype: x.dtype },
        { shape: [w.shape[0]!, depth], dtype: w.dtype },
        ...problem.inputs.slice(2),
      ],
      outputs: [{ shape: [rows, w.shape[0]!], dtype: y.dtype }],
      transposeA: false,
      transposeB: true,
      epilogue: problem.epilogue,
    });
    return { ...product, variant: 'matmul' };
  },
};

const naive: Variant<ConvProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, problem) {
    const convolution = convolutionOf(problem);
    const { x, w, y } = convolution;
    return {
      variant: 'naive',
      calls: [
        {
          template: 'conv/naive',
          defines: {
            X_TYPE: x.dtype,
            W_TYPE: w.dtype,
            Y_TYPE: y.dtype,
            F16: usesF16(problem),
            OUTPUT_BINDING: problem.inputs.length,
            ...epilogueDefines(problem, 2, 'f32'),
          },
          buffers: [...inputsWithEpilogue(problem, 2), output()],
          params: geometryParams(convolution),
          workgroups: flatGrid(sizeOf(y.shape), 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: convFlops(convolution),
    };
  },
};

export const convFamily: Family<ConvProblem> = {
  name: 'conv2d',
  variants: [matmul, ...forwardOrInputGradientVariants(false, convolutionOf), naive],
};
