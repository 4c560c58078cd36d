/** Adjoint of the convolution in its input; as an operation of its own, the transposed convolution. */

import {
  type DeviceProfile,
  type Family,
  flatGrid,
  type ImageShape,
  input,
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
  convFlops,
  geometryParams,
  type InputGradientProblem,
  isMatmul,
  refuseTiles,
  subgroupLanes,
  unlessHardware,
  unlessSoftware,
  usesF16,
} from './geometry.js';
import { productImages, refuseGrid, subgroupCall, tileCall } from './implicit-product.js';
import { lowerWinograd, refuseWinograd, unsuitedWinograd } from './winograd.js';

function convolutionOf(problem: InputGradientProblem): Convolution {
  return { ...problem, x: problem.outputs[0]!, w: problem.inputs[1]!, y: problem.inputs[0]! };
}

const matmul: Variant<InputGradientProblem> = {
  name: 'matmul',
  refuses: (_, problem) =>
    isMatmul(convolutionOf(problem))
      ? null
      : 'only 1×1 kernels, or windows along W that neither overlap nor leave gaps',
  lower(profile, problem): Lowering {
    const { x, w, y } = convolutionOf(problem);
    const rows = sizeOf(y.shape.slice(0, 3));
    const width = sizeOf(w.shape.slice(1));
    const product = lower(matmulFamily, profile, {
      inputs: [
        { shape: [rows, w.shape[0]!], dtype: y.dtype },
        { shape: [w.shape[0]!, width], dtype: w.dtype },
      ],
      outputs: [{ shape: [rows, width], dtype: x.dtype }],
      transposeA: false,
      transposeB: false,
    });
    return { ...product, variant: 'matmul' };
  },
};

const depthwise: Variant<InputGradientProblem> = {
  name: 'depthwise',
  refuses: (_, problem) =>
    problem.stride.every((s) => s === 1) ? refuseDepthwise(convolutionOf(problem)) : 'only stride 1 mirrors the filter',
  lower: (profile, problem) => ({
    variant: 'depthwise',
    calls: [depthwiseCall(profile, problem, convolutionOf(problem), true)],
    flops: convFlops(convolutionOf(problem)),
  }),
};

/** The same over pixels read as an image. */
const depthwiseFromImage: Variant<InputGradientProblem> = {
  name: 'depthwise-image',
  refuses(profile, problem) {
    const image = depthwiseImage(profile, convolutionOf(problem), true);
    return depthwise.refuses(profile, problem) ?? (typeof image === 'string' ? image : null);
  },
  unsuited: unlessSoftware,
  lower(profile, problem) {
    const convolution = convolutionOf(problem);
    const image = depthwiseImage(profile, convolution, true) as ImageShape;
    return {
      variant: 'depthwise-image',
      calls: [depthwiseCall(profile, problem, convolution, true, image)],
      flops: convFlops(convolution),
    };
  },
};

const winograd: Variant<InputGradientProblem> = {
  name: 'winograd',
  refuses: (profile, problem) => refuseWinograd(profile, convolutionOf(problem), true),
  unsuited: (profile, problem) => unsuitedWinograd(profile, convolutionOf(problem), true),
  lower: (profile, problem) => lowerWinograd(profile, problem, convolutionOf(problem), true),
};

const subgroup: Variant<InputGradientProblem> = {
  name: 'subgroup',
  refuses(profile, problem) {
    const lanes = subgroupLanes(profile);
    return typeof lanes === 'string' ? lanes : refuseGrid(profile, convolutionOf(problem), lanes, true);
  },
  unsuited: unlessSoftware,
  lower: (profile, problem) => ({
    variant: 'subgroup',
    calls: [subgroupCall(problem, convolutionOf(problem), subgroupLanes(profile) as number, true)],
    flops: convFlops(convolutionOf(problem)),
  }),
};

/** The same over a source and weights read as images. */
const subgroupImage: Variant<InputGradientProblem> = {
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
      calls: [subgroupCall(problem, convolution, subgroupLanes(profile) as number, true, images)],
      flops: convFlops(convolution),
    };
  },
};

const imagesOf = (profile: DeviceProfile, problem: InputGradientProblem): ImageShape[] | string =>
  productImages(profile, convolutionOf(problem), profile.subgroups.min, true);

const tile: Variant<InputGradientProblem> = {
  name: 'tile',
  refuses: (profile, problem) => refuseTiles(profile) ?? refuseGrid(profile, convolutionOf(problem), null, true),
  unsuited: unlessHardware,
  lower: (_, problem) => ({
    variant: 'tile',
    calls: [tileCall(problem, convolutionOf(problem), true)],
    flops: convFlops(convolutionOf(problem)),
  }),
};

const naive: Variant<InputGradientProblem> = {
  name: 'naive',
  refuses: () => null,
  lower(profile, problem) {
    const convolution = convolutionOf(problem);
    const { x, w, y } = convolution;
    return {
      variant: 'naive',
      calls: [
        {
          template: 'conv/naive-input-gradient',
          defines: { G_TYPE: y.dtype, W_TYPE: w.dtype, X_TYPE: x.dtype, F16: usesF16(problem) },
          buffers: [input(0), input(1), output()],
          params: geometryParams(convolution),
          workgroups: flatGrid(sizeOf(x.shape), 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: convFlops(convolution),
    };
  },
};

export const inputGradientFamily: Family<InputGradientProblem> = {
  name: 'conv2d-input-gradient',
  variants: [matmul, depthwiseFromImage, depthwise, winograd, subgroupImage, subgroup, tile, naive],
};
