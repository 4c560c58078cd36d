import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { flatGrid, output, type Variant } from '../kernel.js';
import { type MatmulProblem, matmulFlops, matmulSizes, matmulTypes } from './problem.js';

/** One output a thread: the reference implementation. */
export const naive: Variant<MatmulProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, problem) {
    const { m, n, k, batch, strideA, strideB } = matmulSizes(problem);
    return {
      variant: 'naive',
      calls: [
        {
          template: 'matmul/naive',
          defines: { ...matmulTypes(problem), ...epilogueDefines(problem, 2, 'f32') },
          buffers: [...inputsWithEpilogue(problem, 2), output()],
          params: { m, n, k, batch, stride_a: strideA, stride_b: strideB },
          workgroups: flatGrid(batch * m * n, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: matmulFlops(problem),
    };
  },
};
