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
import { type Convolution, convFlops, usesF16 } from './geometry.js';

/** Cost of moving one element through a transform, in multiply-adds of the product; measured on lavapipe. */
const TRANSFORM_COST = 10;

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

function scratchOf(convolution: Convolution, adjoint: boolean): [v: TensorType, u: TensorType, q: TensorType] {
  const { tiles, depth, width } = tilingOf(convolution, adjoint);
  const [outChannels, , , inChannels] = convolution.w.shape as [number, number, number, number];
  return [
    { shape: [36, tiles, depth], dtype: 'f32' },
    { shape: [36, outChannels, inChannels], dtype: 'f32' },
    { shape: [36, tiles, width], dtype: 'f32' },
  ];
}

/** Why the convolution (or its input gradient) cannot be done so, or null. */
export function refuseWinograd(profile: DeviceProfile, convolution: Convolution, adjoint: boolean): string | null {
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
export function unsuitedWinograd(profile: DeviceProfile, convolution: Convolution, adjoint: boolean): string | null {
  if (profile.kind !== 'software') return 'made for software drivers';
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
): Lowering {
  const { w, padding } = convolution;
  const { source, result, tilesH, tilesW, tiles, depth, width } = tilingOf(convolution, adjoint);
  const [v, u, q] = scratchOf(convolution, adjoint);
  const limit = profile.maxWorkgroupsPerDimension;
  const filters = w.shape[0]!;
  const quads = w.shape[3]! / 4;
  const transformInput: KernelCall = {
    template: 'conv/winograd-input',
    defines: { SOURCE_TYPE: source.dtype, F16: usesF16(problem) },
    buffers: [input(0), scratchWrite(0)],
    params: {
      batch: source.shape[0]!,
      height: source.shape[1]!,
      width: source.shape[2]!,
      quads: depth / 4,
      tiles_h: tilesH,
      tiles_w: tilesW,
      pad_h: adjoint ? 2 - padding[0] : padding[0],
      pad_w: adjoint ? 2 - padding[2] : padding[2],
    },
    workgroups: flatGrid((tiles * depth) / 4, 64, limit),
  };
  const transformWeights: KernelCall = {
    template: 'conv/winograd-weights',
    defines: { W_TYPE: w.dtype, FLIP: adjoint, F16: usesF16(problem) },
    buffers: [input(1), scratchWrite(1)],
    params: { filters, quads },
    workgroups: flatGrid(filters * quads, 64, limit),
  };
  const product = lower(matmulFamily, profile, {
    inputs: [v, u],
    outputs: [q],
    transposeA: false,
    transposeB: !adjoint,
  });
  const transformOutput: KernelCall = {
    template: 'conv/winograd-output',
    defines: {
      RESULT_TYPE: result.dtype,
      F16: usesF16(problem),
      OUTPUT_BINDING: problem.inputs.length - 1,
      ...epilogueDefines(problem, 2, 'vec4f'),
      FIRST_EXTRA: 1,
    },
    buffers: [scratchRead(2), ...inputsWithEpilogue(problem, 2).slice(2), output()],
    params: {
      batch: result.shape[0]!,
      height: result.shape[1]!,
      width: result.shape[2]!,
      quads: width / 4,
      tiles_h: tilesH,
      tiles_w: tilesW,
    },
    workgroups: flatGrid((tiles * width) / 4, 64, limit),
  };
  return {
    variant: 'winograd',
    calls: [
      transformInput,
      transformWeights,
      ...product.calls.map((call) => ({ ...call, buffers: call.buffers.map(ofScratch) })),
      transformOutput,
    ],
    scratch: [v, u, q, ...(product.scratch ?? [])],
    flops: convFlops(convolution),
  };
}

/** The product's operands are scratch 0 to 2; its own scratch follows. */
function ofScratch(ref: BufferRef): BufferRef {
  const index = ref.of === 'input' ? ref.index : ref.of === 'output' ? 2 : ref.index + 3;
  return { ...ref, of: 'scratch', index };
}
