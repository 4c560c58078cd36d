/** Winograd F(4×4, 3×3): 36 products of transformed tiles do the work of 144 (Lavin & Gray 2016). */

import { type EpilogueProblem, epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import {
  type BufferRef,
  byteLength,
  type DeviceProfile,
  flatGrid,
  input,
  type KernelCall,
  type Lowering,
  lower,
  output,
  scratchRead,
  scratchWrite,
  type TensorType,
} from '../kernel.js';
import { matmulFamily } from '../matmul/matmul.js';
import { preferOnSoftware } from '../software.js';
import { type Convolution, convFlops, usesF16 } from './geometry.js';

/** Cost of moving one element through a transform, in multiply-adds of the product; measured on lavapipe. */
const TRANSFORM_COST = 30;

/**
 * Most bytes of the transformed tiles of either side. Tiles beyond go in further rounds over the same scratch: a large
 * image's would exceed what a device binds, and smaller rounds stay nearer the processor's caches.
 */
const ROUND_BYTES = 16 * 2 ** 20;

/** Side of the patch that a tile is made of. Templates get it as a parameter, so that drivers do not unroll their loops. */
const PATCH = 6;

interface Tiling {
  source: TensorType;
  result: TensorType;
  tilesH: number;
  tilesW: number;
  tiles: number;
  depth: number;
  width: number;
}

function tilingOf({ x, y }: Convolution, adjoint: boolean): Tiling {
  const [source, result] = adjoint ? [y, x] : [x, y];
  const tilesH = Math.ceil(result.shape[1]! / 4);
  const tilesW = Math.ceil(result.shape[2]! / 4);
  return {
    source,
    result,
    tilesH,
    tilesW,
    tiles: result.shape[0]! * tilesH * tilesW,
    depth: source.shape[3]!,
    width: result.shape[3]!,
  };
}

/** Tiles of one round: rounds are about equal, and whole rows of the product's tiles where there are enough. */
function roundOf({ tiles, depth, width }: Tiling, roundBytes: number): number {
  const most = Math.max(1, Math.floor(roundBytes / (36 * 4 * Math.max(depth, width))));
  const even = Math.ceil(tiles / Math.ceil(tiles / most));
  const whole = Math.ceil(even / 32) * 32;
  return whole <= most ? Math.min(whole, tiles) : even;
}

function scratchOf(
  convolution: Convolution,
  adjoint: boolean,
  roundBytes: number = ROUND_BYTES,
): [v: TensorType, u: TensorType, q: TensorType] {
  const tiling = tilingOf(convolution, adjoint);
  const [outChannels, , , inChannels] = convolution.w.shape as [number, number, number, number];
  const round = roundOf(tiling, roundBytes);
  return [
    { shape: [36, round, tiling.depth], dtype: 'f32' },
    { shape: [36, outChannels, inChannels], dtype: 'f32' },
    { shape: [36, round, tiling.width], dtype: 'f32' },
  ];
}

/** Why the convolution (or its input gradient) cannot be done so, or null. */
export function unsupportedWinograd(profile: DeviceProfile, convolution: Convolution, adjoint: boolean): string | null {
  const { w, stride, dilation, groups } = convolution;
  const [outChannels, kernelH, kernelW, inChannels] = w.shape as [number, number, number, number];
  if (kernelH !== 3 || kernelW !== 3) return 'only 3×3 kernels';
  if (groups !== 1 || ![...stride, ...dilation].every((n) => n === 1)) return 'only stride, dilation and groups of 1';
  if (outChannels % 4 !== 0 || inChannels % 4 !== 0) return 'channels must divide by 4';
  const largest = Math.max(...scratchOf(convolution, adjoint).map(byteLength));
  if (largest > profile.maxBindingBytes) return `a transform of ${largest} bytes exceeds the binding limit`;
  return null;
}

/** Why the direct product is the better choice, or null. */
export function notPreferredWinograd(
  profile: DeviceProfile,
  convolution: Convolution,
  adjoint: boolean,
): string | null {
  const reason = preferOnSoftware(profile);
  if (reason) return reason;
  const { tiles, depth, width, result } = tilingOf(convolution, adjoint);
  const direct = 9 * result.shape[0]! * result.shape[1]! * result.shape[2]! * depth * width;
  const transforms = 72 * tiles * (depth + width) + 45 * depth * width;
  const cost = 36 * tiles * depth * width + TRANSFORM_COST * transforms;
  return cost < direct ? null : 'too little work to pay for the transforms';
}

/** Inputs of the lowering are x and w (forward) or g and w (adjoint). */
export function lowerWinograd(
  profile: DeviceProfile,
  problem: EpilogueProblem,
  convolution: Convolution,
  adjoint: boolean,
  roundBytes: number = ROUND_BYTES,
): Lowering {
  const { w } = convolution;
  const tiling = tilingOf(convolution, adjoint);
  const scratch = [...scratchOf(convolution, adjoint, roundBytes)];
  const round = scratch[0]!.shape[1]!;
  const filters = w.shape[0]!;
  const quads = w.shape[3]! / 4;
  const transformWeights: KernelCall = {
    template: 'conv/winograd-weights',
    defines: { W_TYPE: w.dtype, FLIP: adjoint, F16: usesF16(problem) },
    buffers: [input(1), scratchWrite(1)],
    params: { filters, quads, side: PATCH },
    workgroups: flatGrid(filters * quads, 64, profile.maxWorkgroupsPerDimension),
  };
  const calls = [transformWeights];
  for (let first = 0; first < tiling.tiles; first += round) {
    const count = Math.min(round, tiling.tiles - first);
    const product = lower(matmulFamily, profile, {
      inputs: [{ shape: [36, count, tiling.depth], dtype: 'f32' }, scratch[1]!],
      outputs: [{ shape: [36, count, tiling.width], dtype: 'f32' }],
      transposeA: false,
      transposeB: !adjoint,
    });
    const own = scratch.length;
    scratch.push(...(product.scratch ?? []));
    calls.push(
      inputCall(profile, problem, convolution, adjoint, first, count),
      ...product.calls.map((call) => ({ ...call, buffers: call.buffers.map((ref) => ofScratch(ref, own)) })),
      outputCall(profile, problem, tiling, first, count),
    );
  }
  return { variant: 'winograd', calls, scratch, flops: convFlops(convolution) };
}

function inputCall(
  profile: DeviceProfile,
  problem: EpilogueProblem,
  convolution: Convolution,
  adjoint: boolean,
  first: number,
  count: number,
): KernelCall {
  const { padding } = convolution;
  const { source, tilesH, tilesW, depth } = tilingOf(convolution, adjoint);
  return {
    template: 'conv/winograd-input',
    defines: { SOURCE_TYPE: source.dtype, F16: usesF16(problem) },
    buffers: [input(0), scratchWrite(0)],
    params: {
      height: source.shape[1]!,
      width: source.shape[2]!,
      quads: depth / 4,
      tiles_h: tilesH,
      tiles_w: tilesW,
      pad_h: adjoint ? 2 - padding[0] : padding[0],
      pad_w: adjoint ? 2 - padding[2] : padding[2],
      first,
      count,
      side: PATCH,
    },
    workgroups: flatGrid((count * depth) / 4, 64, profile.maxWorkgroupsPerDimension),
  };
}

function outputCall(
  profile: DeviceProfile,
  problem: EpilogueProblem,
  { result, tilesH, tilesW, width }: Tiling,
  first: number,
  count: number,
): KernelCall {
  return {
    template: 'conv/winograd-output',
    defines: {
      RESULT_TYPE: result.dtype,
      F16: usesF16(problem),
      OUTPUT_BINDING: problem.inputs.length - 1,
      ...epilogueDefines(problem, 2, 'vec4f'),
      FIRST_OPERAND: 1,
    },
    buffers: [scratchRead(2), ...inputsWithEpilogue(problem, 2).slice(2), output()],
    params: {
      height: result.shape[1]!,
      width: result.shape[2]!,
      quads: width / 4,
      tiles_h: tilesH,
      tiles_w: tilesW,
      first,
      count,
      side: PATCH,
    },
    workgroups: flatGrid((count * width) / 4, 64, profile.maxWorkgroupsPerDimension),
  };
}

/** The product's operands are scratch 0 to 2; its own scratch begins at `own`. */
function ofScratch(ref: BufferRef, own: number): BufferRef {
  const index = ref.of === 'input' ? ref.index : ref.of === 'output' ? 2 : ref.index + own;
  return { ...ref, of: 'scratch', index };
}
