/** Variants that run either way: forward, and as the adjoint in the input. */

import type { EpilogueProblem } from '../common/epilogue.js';
import { type Images, imagesOf, overImages } from '../image.js';
import type { DeviceProfile, KernelCall, Lowering, Variant } from '../kernel.js';
import { refuseLanes, unlessSoftware } from '../software.js';
import { depthwiseCall, refuseDepthwise } from './depthwise.js';
import { CONV_LANES, type Convolution, convFlops, refuseTiles, unlessHardware } from './geometry.js';
import { productImages, refuseGrid, subgroupCall, tileCall } from './implicit-product.js';
import { lowerWinograd, refuseWinograd, unsuitedWinograd } from './winograd.js';

/** In order of preference. Inputs of the problem are x and w, or with `adjoint` g and w. */
export function variantsEitherWay<P extends EpilogueProblem>(
  adjoint: boolean,
  convolutionOf: (problem: P) => Convolution,
): Variant<P>[] {
  type Call = (profile: DeviceProfile, problem: P, convolution: Convolution, images?: Images) => KernelCall;
  const oneCall =
    (variant: string, call: Call) =>
    (profile: DeviceProfile, problem: P, images?: Images): Lowering => {
      const convolution = convolutionOf(problem);
      return {
        variant,
        calls: [call(profile, problem, convolution, images)],
        flops: convFlops(convolution),
      };
    };

  const lowerDepthwise = oneCall('depthwise', (profile, problem, convolution, images) =>
    depthwiseCall(profile, problem, convolution, adjoint, images),
  );
  const depthwise: Variant<P> = {
    name: 'depthwise',
    refuses(_, problem) {
      const convolution = convolutionOf(problem);
      if (adjoint && convolution.stride.some((s) => s !== 1)) return 'only stride 1 mirrors the filter';
      return refuseDepthwise(convolution);
    },
    lower: lowerDepthwise,
  };
  const depthwiseImage = overImages(
    depthwise,
    (profile, problem) =>
      convolutionOf(problem).dilation[0] > 1 ? 'rows are dilated' : imagesOf(profile, [problem.inputs[0]!]),
    lowerDepthwise,
  );

  const winograd: Variant<P> = {
    name: 'winograd',
    refuses: (profile, problem) => refuseWinograd(profile, convolutionOf(problem), adjoint),
    unsuited: (profile, problem) => unsuitedWinograd(profile, convolutionOf(problem), adjoint),
    lower: (profile, problem) => lowerWinograd(profile, problem, convolutionOf(problem), adjoint),
  };

  const lowerSubgroup = oneCall('subgroup', (profile, problem, convolution, images) =>
    subgroupCall(problem, convolution, profile.subgroups.min, adjoint, images),
  );
  const subgroup: Variant<P> = {
    name: 'subgroup',
    refuses: (profile, problem) =>
      refuseLanes(profile, CONV_LANES) ?? refuseGrid(profile, convolutionOf(problem), profile.subgroups.min, adjoint),
    unsuited: unlessSoftware,
    lower: lowerSubgroup,
  };
  const subgroupImage = overImages(
    subgroup,
    (profile, problem) => productImages(profile, convolutionOf(problem), profile.subgroups.min, adjoint),
    lowerSubgroup,
  );

  const tile: Variant<P> = {
    name: 'tile',
    refuses: (profile, problem) => refuseTiles(profile) ?? refuseGrid(profile, convolutionOf(problem), null, adjoint),
    unsuited: unlessHardware,
    lower: oneCall('tile', (_, problem, convolution) => tileCall(problem, convolution, adjoint)),
  };

  return [depthwiseImage, depthwise, winograd, subgroupImage, subgroup, tile];
}
