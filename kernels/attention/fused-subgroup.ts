import { input, output, type Variant } from '../kernel.js';
import { type AttentionProblem, attentionDefines, attentionFlops, attentionParams, attentionSizes } from './problem.js';

/** Online softmax in registers, one subgroup a workgroup: for drivers whose lanes are the SIMD lanes of a CPU. */
export const fusedSubgroup: Variant<AttentionProblem> = {
  name: 'fused-subgroup',
  refuses(profile, problem) {
    const { supported, min, max } = profile.subgroups;
    if (!supported) return 'the device has no subgroup operations';
    if (min !== max || (min !== 8 && min !== 16))
      return `needs subgroups of exactly 8 or 16 lanes, not ${min} to ${max}`;
    const { batch, heads, head } = attentionSizes(problem);
    if (head % 4 !== 0) return 'the head size is no multiple of 4';
    if (batch * heads > profile.maxWorkgroupsPerDimension) return 'the heads exceed the grid';
    return null;
  },
  unsuited: (profile) => (profile.kind === 'software' ? null : 'made for software drivers'),
  lower(profile, problem) {
    const { batch, heads, queries } = attentionSizes(problem);
    const lanes = profile.subgroups.min;
    const rows = queries <= 8 && lanes === 8 ? 8 : 16;
    return {
      variant: 'fused-subgroup',
      calls: [
        {
          template: 'attention/fused-subgroup',
          defines: { ...attentionDefines(problem), LANES: lanes, TM: rows },
          buffers: [...problem.inputs.map((_, i) => input(i)), output(0), output(1)],
          params: attentionParams(problem),
          workgroups: [Math.ceil(queries / rows), batch * heads, 1],
        },
      ],
      flops: attentionFlops(problem),
    };
  },
};
