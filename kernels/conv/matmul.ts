/** The convolution as a matrix product of its tensors as they lie. */

import type { EpilogueProblem } from '../common/epilogue.js';
import { type KernelCall, lower, type Problem, sizeOf, type TensorType, type Variant } from '../kernel.js';
import { matmulFamily } from '../matmul/matmul.js';
import type { MatmulAttributes } from '../matmul/problem.js';
import { type Convolution, unsupportedMatmul } from './geometry.js';

/** x [pixels, taps · I], w [O, taps · I], y [pixels, O]. */
export type Matrices = Readonly<Record<'x' | 'w' | 'y', TensorType>>;

/** `product` names operands and result; the matrix kernels do the rest. */
export function matmulVariant<P extends EpilogueProblem>(
  convolutionOf: (problem: P) => Convolution,
  product: (matrices: Matrices, problem: P) => Problem & MatmulAttributes,
): Variant<P> {
  return {
    name: 'matmul',
    unsupportedReason: (_, problem) => unsupportedMatmul(convolutionOf(problem)),
    lower(profile, problem) {
      const { x, w, y } = convolutionOf(problem);
      const pixels = sizeOf(y.shape.slice(0, 3));
      const channels = w.shape[0]!;
      const depth = sizeOf(w.shape.slice(1));
      const matrices = {
        x: { shape: [pixels, depth], dtype: x.dtype },
        w: { shape: [channels, depth], dtype: w.dtype },
        y: { shape: [pixels, channels], dtype: y.dtype },
      };
      const { epilogue } = problem;
      return { ...lower(matmulFamily, profile, { ...product(matrices, problem), epilogue }), variant: 'matmul' };
    },
  };
}

/** The calls with the first two inputs exchanged. */
export const exchangeInputs = (calls: readonly KernelCall[]): KernelCall[] =>
  calls.map((call) => ({
    ...call,
    buffers: call.buffers.map((b) => (b.of === 'input' ? { ...b, index: 1 - b.index } : b)),
  }));
