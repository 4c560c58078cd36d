/** Convolution over [B, H, W, C]; one axis of length 1 makes it a 1-D convolution. */

import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import {
  type DeviceProfile,
  type Family,
  flatGrid,
  type ImageShape,
  type Lowering,
  lower,
  output,
  sizeOf,
  type Variant,
} from '../kernel.js';
import { matmulFamily } from '../matmul/matmul.js';
import { depthwiseCall, depthwiseImage, refuseDepthwise } from './depthwise.js';
import {
  type Convolution,
  type ConvProblem,
  convFlops,
  geometryParams,
  isMatmul,
  refuseTiles,
  subgroupLanes,
  unlessHardware,
  unlessSoftware,
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
  lower: (profile, problem) => ({
    variant: 'depthwise',
    calls: [depthwiseCall(profile, problem, convolutionOf(problem), false)],
    flops: convFlops(convolutionOf(problem)),
  }),
};

/** The same over pixels read as an image. */
const depthwiseFromImage: Variant<ConvProblem> = {
  name: 'depthwise-image',
  refuses(profile, problem) {
    const image = depthwiseImage(profile, convolutionOf(problem), false);
    return depthwise.refuses(profile, problem) ?? (typeof image === 'string' ? image : null);
  },
  unsuited: unlessSoftware,
  lower(profile, problem) {
    const convolution = convolutionOf(problem);
    const image = depthwiseImage(profile, convolution, false) as ImageShape;
    return {
      variant: 'depthwise-image',
      calls: [depthwiseCall(profile, problem, convolution, false, image)],
      flops: convFlops(convolution),
    };
  },
};

const winograd: Variant<ConvProblem> = {
  name: 'winograd',
  refuses: (profile, problem) => refuseWinograd(profile, convolutionOf(problem), false),
  unsuited: (profile, problem) => unsuitedWinograd(profile, convolutionOf(problem), false),
  lower: (profile, problem) => lowerWinograd(profile, problem, convolutionOf(problem), false),
};

const subgroup: Variant<ConvProblem> = {
  name: 'subgroup',
  refuses(profile, problem) {
    const lanes = subgroupLanes(profile);
    return typeof lanes === 'string' ? lanes : refuseGrid(profile, convolutionOf(problem), lanes, false);
  },
  unsuited: unlessSoftware,
  lower: (profile, problem) => ({
    variant: 'subgroup',
    calls: [subgroupCall(problem, convolutionOf(problem), subgroupLanes(profile) as number, false)],
    flops: convFlops(convolutionOf(problem)),
  }),
};

/** The same over a source and weights read as images. */
const subgroupImage: Variant<ConvProblem> = {
  name: 'subgroup-image',
  refuses(profile, problem) {
    const images = imagesOf(profile, problem);
    return subgroup.refuses(profile, problem) ?? (typeof images === 'string' ? images : null);
  },
  unsuited: unlessSoftware,
  lower(profile, problem) {
    const convolution = convolutionOf(problem);
    const images = imagesOf(profile, problem) as ImageShape[];
    return {
      variant: 'subgroup-image',
      calls: [subgroupCall(problem, convolution, subgroupLanes(profile) as number, false, images)],
      flops: convFlops(convolution),
    };
  },
};

const imagesOf = (profile: DeviceProfile, problem: ConvProblem): ImageShape[] | string =>
  productImages(profile, convolutionOf(problem), profile.subgroups.min, false);

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
  variants: [matmul, depthwiseFromImage, depthwise, winograd, subgroupImage, subgroup, tile, naive],
};
