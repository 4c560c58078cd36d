/** Adjoint of the convolution in its input; as an operation of its own, the transposed convolution. */

import { type Images, imagesOf, overImages } from '../image.js';
import {
  type DeviceProfile,
  type Family,
  flatGrid,
  input,
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
  convFlops,
  geometryParams,
  type InputGradientProblem,
  isMatmul,
  refuseTiles,
  unlessHardware,
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
  lower: lowerDepthwise,
};

/** The same over pixels read as an image. */
const depthwiseImage = overImages(
  depthwise,
  (profile, problem) => imagesOf(profile, [problem.inputs[0]!]),
  lowerDepthwise,
);

function lowerDepthwise(profile: DeviceProfile, problem: InputGradientProblem, images?: Images): Lowering {
  const convolution = convolutionOf(problem);
  return {
    variant: 'depthwise',
    calls: [depthwiseCall(profile, problem, convolution, true, images)],
    flops: convFlops(convolution),
  };
}

const winograd: Variant<InputGradientProblem> = {
  name: 'winograd',
  refuses: (profile, problem) => refuseWinograd(profile, convolutionOf(problem), true),
  unsuited: (profile, problem) => unsuitedWinograd(profile, convolutionOf(problem), true),
  lower: (profile, problem) => lowerWinograd(profile, problem, convolutionOf(problem), true),
};

const subgroup: Variant<InputGradientProblem> = {
  name: 'subgroup',
  refuses: (profile, problem) =>
    refuseLanes(profile, CONV_LANES) ?? refuseGrid(profile, convolutionOf(problem), profile.subgroups.min, true),
  unsuited: unlessSoftware,
  lower: lowerSubgroup,
};

/** The same over a source and weights read as images. */
const subgroupImage = overImages(
  subgroup,
  (profile, problem) => productImages(profile, convolutionOf(problem), profile.subgroups.min, true),
  lowerSubgroup,
);

function lowerSubgroup(profile: DeviceProfile, problem: InputGradientProblem, images?: Images): Lowering {
  const convolution = convolutionOf(problem);
  return {
    variant: 'subgroup',
    calls: [subgroupCall(problem, convolution, profile.subgroups.min, true, images)],
    flops: convFlops(convolution),
  };
}

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
  variants: [matmul, depthwiseImage, depthwise, winograd, subgroupImage, subgroup, tile, naive],
};
