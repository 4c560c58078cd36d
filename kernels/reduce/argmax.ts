/** Position of the largest element along one dimension: [outer, length, inner] → u32 [outer, inner]. */

import { type Family, flatGrid, input, output, type Problem } from '../kernel.js';

export interface ArgmaxAttributes {
  /** The input's elements as [outer, length, inner]. */
  view: readonly [number, number, number];
}

export type ArgmaxProblem = Problem & ArgmaxAttributes;

export const argmaxFamily: Family<ArgmaxProblem> = {
  name: 'argmax',
  variants: [
    {
      name: 'naive',
      unsupportedReason: () => null,
      lower: (profile, { inputs: [x], view: [outer, length, inner] }) => ({
        variant: 'naive',
        calls: [
          {
            template: 'reduce/argmax',
            defines: { IN_TYPE: x!.dtype },
            buffers: [input(0), output()],
            params: { outer, length, inner },
            workgroups: flatGrid(outer * inner, 64, profile.maxWorkgroupsPerDimension),
          },
        ],
        flops: outer * length * inner,
      }),
    },
  ],
};
