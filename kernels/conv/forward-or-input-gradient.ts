/** Variants that serve both the forward convolution and its adjoint in the input. */

import type { EpilogueProblem } from '../common/epilogue.js';
import type { DeviceProfile, KernelCall, Lowering, Variant } from '../kernel.js';
import { preferOnSoftware, unsupportedLanes } from '../software.js';
import { type TextureLayouts, textureLayoutsOf, withTextures } from '../texture-operand.js';
import { depthwiseCall, unsupportedDepthwise } from './depthwise.js';
import { CONV_LANES, type Convolution, convFlops, preferOnHardware, unsupportedTiles } from './geometry.js';
import { productTextures, subgroupCall, tileCall, unsupportedGrid } from './implicit-product.js';
import { lowerWinograd, notPreferredWinograd, unsupportedWinograd } from './winograd.js';

/** In order of preference. Inputs of the problem are x and w, or with `adjoint` g and w. */
export function forwardOrInputGradientVariants<P extends EpilogueProblem>(
  adjoint: boolean,
  convolutionOf: (problem: P) => Convolution,
): Variant<P>[] {
  type Call = (profile: DeviceProfile, problem: P, convolution: Convolution, textures?: TextureLayouts) => KernelCall;
  const oneCall =
    (variant: string, call: Call) =>
    (profile: DeviceProfile, problem: P, textures?: TextureLayouts): Lowering => {
      const convolution = convolutionOf(problem);
      return {
        variant,
        calls: [call(profile, problem, convolution, textures)],
        flops: convFlops(convolution),
      };
    };

  const lowerDepthwise = oneCall('depthwise', (profile, problem, convolution, textures) =>
    depthwiseCall(profile, problem, convolution, adjoint, textures),
  );
  const depthwise: Variant<P> = {
    name: 'depthwise',
    unsupportedReason(_, problem) {
      const convolution = convolutionOf(problem);
      if (adjoint && convolution.stride.some((s) => s !== 1)) return 'only stride 1 mirrors the filter';
      return unsupportedDepthwise(convolution);
    },
    lower: lowerDepthwise,
  };
  const depthwiseTexture = withTextures(
    depthwise,
    (profile, problem) =>
      convolutionOf(problem).dilation[0] > 1 ? 'rows are dilated' : textureLayoutsOf(profile, [problem.inputs[0]!]),
    lowerDepthwise,
  );

  const winograd: Variant<P> = {
    name: 'winograd',
    unsupportedReason: (profile, problem) => unsupportedWinograd(profile, convolutionOf(problem), adjoint),
    notPreferredReason: (profile, problem) => notPreferredWinograd(profile, convolutionOf(problem), adjoint),
    lower: (profile, problem) => lowerWinograd(profile, problem, convolutionOf(problem), adjoint),
  };

  const lowerSubgroup = oneCall('subgroup', (profile, problem, convolution, textures) =>
    subgroupCall(problem, convolution, profile.subgroups.min, adjoint, textures),
  );
  const subgroup: Variant<P> = {
    name: 'subgroup',
    unsupportedReason: (profile, problem) =>
      unsupportedLanes(profile, CONV_LANES) ??
      unsupportedGrid(profile, convolutionOf(problem), profile.subgroups.min, adjoint),
    notPreferredReason: preferOnSoftware,
    lower: lowerSubgroup,
  };
  const subgroupTexture = withTextures(
    subgroup,
    (profile, problem) => productTextures(profile, convolutionOf(problem), profile.subgroups.min, adjoint),
    lowerSubgroup,
  );

  const tile: Variant<P> = {
    name: 'tile',
    unsupportedReason: (profile, problem) =>
      unsupportedTiles(profile) ?? unsupportedGrid(profile, convolutionOf(problem), null, adjoint),
    notPreferredReason: preferOnHardware,
    lower: oneCall('tile', (profile, problem, convolution) => tileCall(profile, problem, convolution, adjoint)),
  };

  return [depthwiseTexture, depthwise, winograd, subgroupTexture, subgroup, tile];
}
