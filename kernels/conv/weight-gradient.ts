/** Gradient of the convolution in its weights. */

import {
  type DeviceProfile,
  type Family,
  flatGrid,
  input,
  type KernelCall,
  type Lowering,
  output,
  scratchRead,
  scratchWrite,
  sizeOf,
  type TensorType,
  type Variant,
} from '../kernel.js';
import { preferOnSoftware, unsupportedLanes } from '../software.js';
import {
  readThroughTextures,
  type TextureLayouts,
  textureLayoutsOf,
  textureParams,
  withTextures,
} from '../texture-operand.js';
import { unsupportedDepthwise } from './depthwise.js';
import {
  CONV_LANES,
  type Convolution,
  convFlops,
  geometryParams,
  preferOnHardware,
  unsupportedTiles,
  usesF16,
  type WeightGradientProblem,
} from './geometry.js';
import { columnsPerLane } from './implicit-product.js';
import { exchangeInputs, type Matrices, matmulVariant } from './matmul.js';
import { naiveVariant } from './naive.js';

function convolutionOf(problem: WeightGradientProblem): Convolution {
  return { ...problem, x: problem.inputs[0]!, w: problem.outputs[0]!, y: problem.inputs[1]! };
}

/** Workgroups that keep the device busy; below that, the inner dimension (the pixels) is split. */
function busyGroups(profile: DeviceProfile): number {
  return profile.kind === 'software' ? 8 : 512;
}

/** Splits of `lines` lines of pixels, so that `tiles` workgroups a split keep the device busy. */
function splitsOf(profile: DeviceProfile, tiles: number, lines: number): number {
  return Math.max(1, Math.min(lines, Math.ceil(busyGroups(profile) / tiles), 64));
}

/** Output channels a tile: a multiple of the lanes, at most what one vec4 a lane holds, that overhangs `width` least. */
function rowsPerTile(width: number, lanes: number): number {
  const most = Math.min(32, 4 * lanes);
  const least = Math.ceil(width / Math.ceil(width / most));
  return Math.min(most, Math.ceil(least / lanes) * lanes);
}

/** `call(type)` writes its sums as `type`: to the output itself, or split-K partial sums that a second call adds. */
function withSplitK(
  profile: DeviceProfile,
  variant: string,
  convolution: Convolution,
  splits: number,
  call: (type: TensorType, whole: boolean) => KernelCall,
): Lowering {
  const { w } = convolution;
  const flops = convFlops(convolution);
  if (splits === 1) return { variant, calls: [call(w, true)], flops };
  const partial: TensorType = { shape: [splits, ...w.shape], dtype: 'f32' };
  const join: KernelCall = {
    template: 'conv/split-k-sum',
    defines: { RESULT_TYPE: w.dtype },
    buffers: [scratchRead(0), output()],
    params: { count: sizeOf(w.shape), splits },
    workgroups: flatGrid(sizeOf(w.shape), 64, profile.maxWorkgroupsPerDimension),
  };
  return { variant, calls: [call(partial, false), join], scratch: [partial], flops };
}

const product = matmulVariant(convolutionOf, ({ x, w, y }: Matrices) => ({
  inputs: [y, x],
  outputs: [w],
  transposeA: true,
  transposeB: false,
}));

/** The product reads g first, the problem has x first. */
const matmul: Variant<WeightGradientProblem> = {
  ...product,
  lower(profile, problem) {
    const lowering = product.lower(profile, problem);
    return { ...lowering, calls: exchangeInputs(lowering.calls) };
  },
};

const depthwise: Variant<WeightGradientProblem> = {
  name: 'depthwise',
  unsupportedReason: (_, problem) => unsupportedDepthwise(convolutionOf(problem)),
  lower(profile, problem) {
    const convolution = convolutionOf(problem);
    const { x, w, y, stride, dilation } = convolution;
    const tiles = Math.ceil(w.shape[0]! / 32);
    const splits = splitsOf(profile, tiles, y.shape[0]! * y.shape[1]!);
    return withSplitK(profile, 'depthwise', convolution, splits, (type, whole) => ({
      template: 'conv/depthwise-weight-gradient',
      defines: {
        KERNEL_H: w.shape[1]!,
        KERNEL_W: w.shape[2]!,
        STRIDE_W: stride[1],
        DILATION_W: dilation[1],
        X_TYPE: x.dtype,
        G_TYPE: y.dtype,
        W_TYPE: type.dtype,
        F16: usesF16(problem),
      },
      buffers: [input(0), input(1), whole ? output() : scratchWrite(0)],
      params: geometryParams(convolution),
      workgroups: [tiles, splits, 1],
    }));
  },
};

const subgroup: Variant<WeightGradientProblem> = {
  name: 'subgroup',
  unsupportedReason: (profile) => unsupportedLanes(profile, CONV_LANES),
  notPreferredReason: preferOnSoftware,
  lower: lowerSubgroup,
};

/** The same over x and g read as textures. */
const subgroupTexture = withTextures(
  subgroup,
  (profile, problem) => {
    const { vecG, wide } = subgroupTiles(profile, problem);
    if (!vecG || !wide) return `the channels of ${vecG ? 'x' : 'g'} are not read as vec4`;
    return textureLayoutsOf(profile, problem.inputs);
  },
  lowerSubgroup,
);

function subgroupTiles(
  profile: DeviceProfile,
  problem: WeightGradientProblem,
): { rows: number; perLane: number; tiles: [number, number]; vecG: boolean; wide: boolean } {
  const { w, groups } = convolutionOf(problem);
  const lanes = profile.subgroups.min;
  const width = w.shape[0]! / groups;
  const columns = sizeOf(w.shape.slice(1));
  const perLane = columnsPerLane(columns, lanes);
  const rows = rowsPerTile(width, lanes);
  return {
    rows,
    perLane,
    tiles: [Math.ceil(columns / (perLane * lanes)), Math.ceil(width / rows)],
    vecG: width % 4 === 0,
    wide: perLane === 4 && w.shape[3]! % 4 === 0,
  };
}

function lowerSubgroup(
  profile: DeviceProfile,
  problem: WeightGradientProblem,
  textures: TextureLayouts = [],
): Lowering {
  const convolution = convolutionOf(problem);
  const { x, y, groups } = convolution;
  const { rows, perLane, tiles, vecG, wide } = subgroupTiles(profile, problem);
  const splits = splitsOf(profile, tiles[0] * tiles[1] * groups, y.shape[0]! * y.shape[1]!);
  return withSplitK(profile, 'subgroup', convolution, splits, (type, whole) => ({
    template: 'conv/subgroup-weight-gradient',
    defines: {
      LANES: profile.subgroups.min,
      ROWS: rows,
      G_VEC: vecG ? 4 : 1,
      COLS: perLane,
      WIDE: wide,
      TEXTURES: textures.length,
      X_TYPE: x.dtype,
      G_TYPE: y.dtype,
      W_TYPE: type.dtype,
      F16: usesF16(problem),
    },
    buffers: [...readThroughTextures(textures, [input(0), input(1)]), whole ? output() : scratchWrite(0)],
    params: { ...geometryParams(convolution), ...textureParams(textures) },
    workgroups: [...tiles, splits * groups],
  }));
}

const tile: Variant<WeightGradientProblem> = {
  name: 'tile',
  unsupportedReason: unsupportedTiles,
  notPreferredReason: preferOnHardware,
  lower(profile, problem) {
    const convolution = convolutionOf(problem);
    const { x, w, y, groups } = convolution;
    const tiles: [number, number] = [Math.ceil(sizeOf(w.shape.slice(1)) / 64), Math.ceil(w.shape[0]! / groups / 64)];
    const steps = Math.ceil(sizeOf(y.shape.slice(0, 3)) / 16);
    const splits = splitsOf(profile, tiles[0] * tiles[1] * groups, steps);
    return withSplitK(profile, 'tile', convolution, splits, (type, whole) => ({
      template: 'conv/tile-weight-gradient',
      defines: {
        X_TYPE: x.dtype,
        G_TYPE: y.dtype,
        W_TYPE: type.dtype,
        F16: usesF16(problem),
        UNROLL: profile.kind !== 'software',
      },
      buffers: [input(0), input(1), whole ? output() : scratchWrite(0)],
      params: geometryParams(convolution),
      workgroups: [...tiles, splits * groups],
    }));
  },
};

export const weightGradientFamily: Family<WeightGradientProblem> = {
  name: 'conv2d-weight-gradient',
  variants: [
    matmul,
    depthwise,
    subgroupTexture,
    subgroup,
    tile,
    naiveVariant('conv/naive-weight-gradient', convolutionOf, 'w'),
  ],
};
