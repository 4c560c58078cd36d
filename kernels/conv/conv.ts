/** Convolution over [B, H, W, C]; one axis of length 1 makes it a 1-D convolution. */

import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { type Images, imagesOf, overImages } from '../image.js';
import {
  type DeviceProfile,
  type Family,
  flatGrid,
  type Lowering,
  lower,
  output,
  sizeOf,
  type Variant,
} from '../kernel.js';
import { matmulFamily } from '../matmul/matmul.js';
import { refuseLanes, unlessSoftware } from '../software.js';
import { depthwiseCall, refuseDepthwise } from './depthwise.js';
import {
  CONV_LANES,
  type Convolution,
  type ConvProblem,
  convFlops,
  geometryParams,
  isMatmul,
  refuseTiles,
  unlessHardware,
  usesF16,
} from './geometry.js';
import { productImages, refuseGrid, subgroupCall, tileCall } from './implicit-product.js';
import { lowerWinograd, refuseWinograd, unsuitedWinograd } from './winograd.js';

export function convolutionOf(problem: ConvProblem): Convolution {
  return { ...problem, x: problem.inputs[0]!, w: problem.inputs[1]!, y: problem.outputs[0]! };
}

/** Where the convolution is a matrix product as its tensors lie, the matrix kernels do it. */
const matmul: Variant<ConvProblem> = {
  name: 'matmul',
  refuses: (_, problem) =>
    isMatmul(convolutionOf(problem))
      ? null
      : 'only 1×1 kernels, or windows along W that neither overlap nor leave gaps',
  lower(profile, problem): Lowering {
    const { x, w, y } = convolutionOf(problem);
    const rows = sizeOf(y.shape.slice(0, 3));
    const depth = sizeOf(w.shape.slice(1));
    const product = lower(matmulFamily, profile, {
      inputs: [
        { shape: [rows, depth], dtype: x.dtype },
        { shape: [w.shape[0]!, depth], dtype: w.dtype },
        ...problem.inputs.slice(2),
      ],
      outputs: [{ shape: [rows, w.shape[0]!], dtype: y.dtype }],
      transposeA: false,
      transposeB: true,
      epilogue: problem.epilogue,
    });
    return { ...product, variant: 'matmul' };
  },
};

const depthwise: Variant<ConvProblem> = {
  name: 'depthwise',
  refuses: (_, problem) => refuseDepthwise(convolutionOf(problem)),
  lower: lowerDepthwise,
};

/** The same over pixels read as an image. */
const depthwiseImage = overImages(
  depthwise,
  (profile, problem) => imagesOf(profile, [problem.inputs[0]!]),
  lowerDepthwise,
);

function lowerDepthwise(profile: DeviceProfile, problem: ConvProblem, images?: Images): Lowering {
  const convolution = convolutionOf(problem);
  return {
    variant: 'depthwise',
    calls: [depthwiseCall(profile, problem, convolution, false, images)],
    flops: convFlops(convolution),
  };
}

const winograd: Variant<ConvProblem> = {
  name: 'winograd',
  refuses: (profile, problem) => refuseWinograd(profile, convolutionOf(problem), false),
  unsuited: (profile, problem) => unsuitedWinograd(profile, convolutionOf(problem), false),
  lower: (profile, problem) => lowerWinograd(profile, problem, convolutionOf(problem), false),
};

const subgroup: Variant<ConvProblem> = {
  name: 'subgroup',
  refuses: (profile, problem) =>
    refuseLanes(profile, CONV_LANES) ?? refuseGrid(profile, convolutionOf(problem), profile.subgroups.min, false),
  unsuited: unlessSoftware,
  lower: lowerSubgroup,
};

/** The same over a source and weights read as images. */
const subgroupImage = overImages(
  subgroup,
  (profile, problem) => productImages(profile, convolutionOf(problem), profile.subgroups.min, false),
  lowerSubgroup,
);

function lowerSubgroup(profile: DeviceProfile, problem: ConvProblem, images?: Images): Lowering {
  const convolution = convolutionOf(problem);
  return {
    variant: 'subgroup',
    calls: [subgroupCall(problem, convolution, profile.subgroups.min, false, images)],
    flops: convFlops(convolution),
  };
}

const tile: Variant<ConvProblem> = {
  name: 'tile',
  refuses: (profile, problem) => refuseTiles(profile) ?? refuseGrid(profile, convolutionOf(problem), null, false),
  unsuited: unlessHardware,
  lower: (_, problem) => ({
    variant: 'tile',
    calls: [tileCall(problem, convolutionOf(problem), false)],
    flops: convFlops(convolutionOf(problem)),
  }),
};

const naive: Variant<ConvProblem> = {
  name: 'naive',
  refuses: () => null,
  lower(profile, problem) {
    const convolution = convolutionOf(problem);
    const { x, w, y } = convolution;
    return {
      variant: 'naive',
      calls: [
        {
          template: 'conv/naive',
          defines: {
            X_TYPE: x.dtype,
            W_TYPE: w.dtype,
            Y_TYPE: y.dtype,
            F16: usesF16(problem),
            OUTPUT_BINDING: problem.inputs.length,
            ...epilogueDefines(problem, 2, 'f32'),
          },
          buffers: [...inputsWithEpilogue(problem, 2), output()],
          params: geometryParams(convolution),
          workgroups: flatGrid(sizeOf(y.shape), 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: convFlops(convolution),
    };
  },
};

export const convFamily: Family<ConvProblem> = {
  name: 'conv2d',
  variants: [matmul, depthwiseImage, depthwise, winograd, subgroupImage, subgroup, tile, naive],
};
