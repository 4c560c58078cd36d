import { flatGrid, input, output, type Variant } from '../kernel.js';
import { type AttentionProblem, attentionDefines, attentionFlops, attentionParams, attentionSizes } from './problem.js';

/** One query a thread: the reference implementation. */
export const naive: Variant<AttentionProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, problem) {
    const { batch, heads, queries } = attentionSizes(problem);
    return {
      variant: 'naive',
      calls: [
        {
          template: 'attention/naive',
          defines: attentionDefines(problem),
          buffers: [...problem.inputs.map((_, i) => input(i)), output(0), output(1)],
          params: attentionParams(problem),
          workgroups: flatGrid(batch * heads * queries, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: attentionFlops(problem),
    };
  },
};
