import { input, output, type Variant } from '../kernel.js';
import { type AttentionProblem, attentionDefines, attentionFlops, attentionParams, attentionSizes } from './problem.js';

const QUERIES = 32;

/** Bytes of the tiles of Q, of K or V, and of the scores; see the template. */
const STORAGE_BYTES = 16 * 2 * 32 * 9 + 4 * (32 * 33 + 32);

/** Online softmax over tiles in workgroup memory: for GPUs. */
export const fusedTile: Variant<AttentionProblem> = {
  name: 'fused-tile',
  unsupportedReason(profile, problem) {
    const { batch, heads, queries } = attentionSizes(problem);
    if (STORAGE_BYTES > profile.maxWorkgroupStorage) return `needs ${STORAGE_BYTES} bytes of workgroup memory`;
    if (Math.max(batch * heads, Math.ceil(queries / QUERIES)) > profile.maxWorkgroupsPerDimension) {
      return 'the heads or queries exceed the grid';
    }
    return null;
  },
  notPreferredReason: (profile) =>
    profile.kind === 'software' ? 'workgroup memory and barriers are slow on software drivers' : null,
  lower(_profile, problem) {
    const { batch, heads, queries } = attentionSizes(problem);
    return {
      variant: 'fused-tile',
      calls: [
        {
          template: 'attention/fused-tile',
          defines: attentionDefines(problem),
          buffers: [...problem.inputs.map((_, i) => input(i)), output(0), output(1)],
          params: attentionParams(problem),
          workgroups: [Math.ceil(queries / QUERIES), batch * heads, 1],
        },
      ],
      flops: attentionFlops(problem),
    };
  },
};
