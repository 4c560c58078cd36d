import { foldParams, type Images, imagesOf, overImages, readAs } from '../image.js';
import { type DeviceProfile, input, type Lowering, output, type Variant } from '../kernel.js';
import { refuseLanes, unlessSoftware } from '../software.js';
import { type AttentionProblem, attentionDefines, attentionFlops, attentionParams, attentionSizes } from './problem.js';

/** Online softmax in registers, one subgroup a workgroup: for drivers whose lanes are the SIMD lanes of a CPU. */
export const fusedSubgroup: Variant<AttentionProblem> = {
  name: 'fused-subgroup',
  refuses(profile, problem) {
    const { batch, heads, head } = attentionSizes(problem);
    if (head % 4 !== 0) return 'the head size is no multiple of 4';
    if (batch * heads > profile.maxWorkgroupsPerDimension) return 'the heads exceed the grid';
    return refuseLanes(profile);
  },
  unsuited: unlessSoftware,
  lower: lowerSubgroup,
};

/** The same over q, k and v read as images. */
export const fusedSubgroupImage: Variant<AttentionProblem> = overImages(
  fusedSubgroup,
  (profile, problem) => imagesOf(profile, problem.inputs.slice(0, 3)),
  lowerSubgroup,
);

function lowerSubgroup(profile: DeviceProfile, problem: AttentionProblem, images: Images = []): Lowering {
  const { batch, heads, queries } = attentionSizes(problem);
  const lanes = profile.subgroups.min;
  const rows = queries <= 8 && lanes === 8 ? 8 : 16;
  return {
    variant: 'fused-subgroup',
    calls: [
      {
        template: 'attention/fused-subgroup',
        defines: { ...attentionDefines(problem), LANES: lanes, TM: rows, IMAGES: images.length },
        buffers: [
          ...readAs(
            images,
            problem.inputs.map((_, i) => input(i)),
          ),
          output(0),
          output(1),
        ],
        params: { ...attentionParams(problem), ...foldParams(images) },
        workgroups: [Math.ceil(queries / rows), batch * heads, 1],
      },
    ],
    flops: attentionFlops(problem),
  };
}
