import { type DeviceProfile, input, type Lowering, output, type Variant } from '../kernel.js';
import { preferOnSoftware, unsupportedLanes } from '../software.js';
import {
  readThroughTextures,
  type TextureLayouts,
  textureLayoutsOf,
  textureParams,
  withTextures,
} from '../texture-operand.js';
import { type AttentionProblem, attentionDefines, attentionFlops, attentionParams, attentionSizes } from './problem.js';

/** Online softmax in registers, one subgroup a workgroup: for drivers whose lanes are the SIMD lanes of a CPU. */
export const fusedSubgroup: Variant<AttentionProblem> = {
  name: 'fused-subgroup',
  unsupportedReason(profile, problem) {
    const { batch, heads, head } = attentionSizes(problem);
    if (head % 4 !== 0) return 'the head size is no multiple of 4';
    if (batch * heads > profile.maxWorkgroupsPerDimension) return 'the heads exceed the grid';
    return unsupportedLanes(profile);
  },
  notPreferredReason: preferOnSoftware,
  lower: lowerSubgroup,
};

/** The same over q, k and v read as textures. */
export const fusedSubgroupTexture: Variant<AttentionProblem> = withTextures(
  fusedSubgroup,
  (profile, problem) => textureLayoutsOf(profile, problem.inputs.slice(0, 3)),
  lowerSubgroup,
);

function lowerSubgroup(profile: DeviceProfile, problem: AttentionProblem, textures: TextureLayouts = []): Lowering {
  const { batch, heads, queries } = attentionSizes(problem);
  const lanes = profile.subgroups.min;
  const rows = queries <= 8 && lanes === 8 ? 8 : 16;
  return {
    variant: 'fused-subgroup',
    calls: [
      {
        template: 'attention/fused-subgroup',
        defines: { ...attentionDefines(problem), LANES: lanes, TM: rows, TEXTURES: textures.length },
        buffers: [
          ...readThroughTextures(
            textures,
            problem.inputs.map((_, i) => input(i)),
          ),
          output(0),
          output(1),
        ],
        params: { ...attentionParams(problem), ...textureParams(textures) },
        workgroups: [Math.ceil(queries / rows), batch * heads, 1],
      },
    ],
    flops: attentionFlops(problem),
  };
}
