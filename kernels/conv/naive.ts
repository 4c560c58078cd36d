/** The reference implementations: one element of the result a thread. */

import { type EpilogueProblem, epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { flatGrid, output, sizeOf, type Variant } from '../kernel.js';
import { type Convolution, convFlops, geometryParams, usesF16 } from './geometry.js';

/** `result` is the tensor of the convolution that the template makes of the two others. */
export function naiveVariant<P extends EpilogueProblem>(
  template: string,
  convolutionOf: (problem: P) => Convolution,
  result: 'x' | 'w' | 'y',
): Variant<P> {
  return {
    name: 'naive',
    unsupportedReason: () => null,
    lower(profile, problem) {
      const convolution = convolutionOf(problem);
      const { x, w, y } = convolution;
      return {
        variant: 'naive',
        calls: [
          {
            template,
            defines: {
              X_TYPE: x.dtype,
              W_TYPE: w.dtype,
              F16: usesF16(problem),
              ...(result === 'y'
                ? { Y_TYPE: y.dtype, OUTPUT_BINDING: problem.inputs.length, ...epilogueDefines(problem, 2, 'f32') }
                : { G_TYPE: y.dtype }),
            },
            buffers: [...inputsWithEpilogue(problem, 2), output()],
            params: geometryParams(convolution),
            workgroups: flatGrid(sizeOf(convolution[result].shape), 64, profile.maxWorkgroupsPerDimension),
          },
        ],
        flops: convFlops(convolution),
      };
    },
  };
}
