import { asImage, foldOf, imageOf } from '../image.js';
import { type DeviceProfile, type ImageShape, input, type Lowering, output, type Variant } from '../kernel.js';
import { type AttentionProblem, attentionDefines, attentionFlops, attentionParams, attentionSizes } from './problem.js';

function refuses({ subgroups, maxWorkgroupsPerDimension }: DeviceProfile, problem: AttentionProblem): string | null {
  const { supported, min, max } = subgroups;
  if (!supported) return 'the device has no subgroup operations';
  if (min !== max || (min !== 8 && min !== 16)) return `needs subgroups of exactly 8 or 16 lanes, not ${min} to ${max}`;
  const { batch, heads, head } = attentionSizes(problem);
  if (head % 4 !== 0) return 'the head size is no multiple of 4';
  return batch * heads > maxWorkgroupsPerDimension ? 'the heads exceed the grid' : null;
}

/** Online softmax in registers, one subgroup a workgroup: for drivers whose lanes are the SIMD lanes of a CPU. */
export const fusedSubgroup: Variant<AttentionProblem> = {
  name: 'fused-subgroup',
  refuses,
  unsuited: (profile) => (profile.kind === 'software' ? null : 'made for software drivers'),
  lower: (profile, problem) => lowerSubgroup(profile, problem, []),
};

/** The same over q, k and v read as images. */
export const fusedSubgroupImage: Variant<AttentionProblem> = {
  name: 'fused-subgroup-image',
  refuses(profile, problem) {
    const refusal = imagesOf(profile, problem).find((image) => typeof image === 'string');
    return refuses(profile, problem) ?? (typeof refusal === 'string' ? refusal : null);
  },
  unsuited: fusedSubgroup.unsuited!,
  lower: (profile, problem) => lowerSubgroup(profile, problem, imagesOf(profile, problem)),
};

const imagesOf = (profile: DeviceProfile, { inputs }: AttentionProblem): (ImageShape | string)[] =>
  inputs.slice(0, 3).map((type) => imageOf(profile, type));

function lowerSubgroup(
  profile: DeviceProfile,
  problem: AttentionProblem,
  images: readonly (ImageShape | string)[],
): Lowering {
  const { batch, heads, queries } = attentionSizes(problem);
  const lanes = profile.subgroups.min;
  const rows = queries <= 8 && lanes === 8 ? 8 : 16;
  return {
    variant: images.length > 0 ? 'fused-subgroup-image' : 'fused-subgroup',
    calls: [
      {
        template: 'attention/fused-subgroup',
        defines: {
          ...attentionDefines(problem),
          LANES: lanes,
          TM: rows,
          IMAGE_Q: foldOf(images[0]),
          IMAGE_KV: foldOf(images[1]),
        },
        buffers: [
          ...problem.inputs.map((_, i) => (images[i] ? asImage(input(i), images[i] as ImageShape) : input(i))),
          output(0),
          output(1),
        ],
        params: attentionParams(problem),
        workgroups: [Math.ceil(queries / rows), batch * heads, 1],
      },
    ],
    flops: attentionFlops(problem),
  };
}
