/**
 * Winograd F(4, 3) along one axis (Lavin & Gray 2016): 6 products do the work of 12. Longer filters are cut into pieces of
 * three taps whose transforms lie side by side, so that the products sum over pieces as they do over channels.
 */

import { type EpilogueProblem, epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import {
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
import { ofScratch, ROUND_BYTES, roundOf, TRANSFORM_COST } from './winograd.js';

interface Tiling {
  /** Tiles of one phase of the dilation, and of all phases and items. */
  perPhase: number;
  tiles: number;
  pieces: number;
  depth: number;
  width: number;
}

function tilingOf({ x, w, y, dilation }: Convolution): Tiling {
  const perPhase = Math.ceil(Math.ceil(y.shape[2]! / dilation[1]) / 4);
  return {
    perPhase,
    tiles: x.shape[0]! * dilation[1] * perPhase,
    pieces: Math.ceil(w.shape[2]! / 3),
    depth: x.shape[3]!,
    width: y.shape[3]!,
  };
}

/** Transformed source, transformed weights, and products. */
function scratchOf(
  { tiles, pieces, depth, width }: Tiling,
  roundBytes: number,
): [v: TensorType, u: TensorType, q: TensorType] {
  const round = roundOf(tiles, 6 * 4 * Math.max(pieces * depth, width), roundBytes);
  return [
    { shape: [6, round, pieces * depth], dtype: 'f32' },
    { shape: [6, pieces * depth, width], dtype: 'f32' },
    { shape: [6, round, width], dtype: 'f32' },
  ];
}

/** Why the convolution cannot be done so, or null. */
export function refuseWinograd1d(profile: DeviceProfile, convolution: Convolution): string | null {
  const { x, w, y, stride, groups } = convolution;
  if (w.shape[1] !== 1 || x.shape[1] !== 1 || y.shape[1] !== 1) return 'only one axis, the last';
  if (w.shape[2]! < 3) return 'only filters of three taps or more';
  if (groups !== 1 || stride[1] !== 1) return 'only stride and groups of 1';
  if (x.shape[3]! % 4 !== 0 || y.shape[3]! % 4 !== 0) return 'channels must divide by 4';
  const largest = Math.max(...scratchOf(tilingOf(convolution), ROUND_BYTES).map(byteLength));
  if (largest > profile.maxBindingBytes) return `a transform of ${largest} bytes exceeds the binding limit`;
  return null;
}

/** Why the direct product is the better choice, or null. */
export function unsuitedWinograd1d(profile: DeviceProfile, convolution: Convolution): string | null {
  if (profile.kind !== 'software') return 'made for software drivers';
  const { tiles, pieces, depth, width } = tilingOf(convolution);
  const { w, y } = convolution;
  const direct = y.shape[0]! * y.shape[2]! * w.shape[2]! * depth * width;
  const transforms = 12 * tiles * (pieces * depth + width) + 9 * pieces * depth * width;
  const cost = 6 * tiles * pieces * depth * width + TRANSFORM_COST * transforms;
  return cost < direct ? null : 'too little work to pay for the transforms';
}

/** Inputs of the lowering are x, w and the operands of the epilogue. */
export function lowerWinograd1d(
  profile: DeviceProfile,
  problem: EpilogueProblem,
  convolution: Convolution,
  roundBytes: number = ROUND_BYTES,
): Lowering {
  const tiling = tilingOf(convolution);
  const { w } = convolution;
  const { tiles, pieces, depth, width } = tiling;
  const scratch: TensorType[] = scratchOf(tiling, roundBytes);
  const round = scratch[0]!.shape[1]!;
  const quads = depth / 4;
  const transformWeights: KernelCall = {
    template: 'conv/winograd-1d-weights',
    defines: { W_TYPE: w.dtype, F16: usesF16(problem) },
    buffers: [input(1), scratchWrite(1)],
    params: { filters: width, quads, taps: w.shape[2]!, pieces },
    workgroups: flatGrid(width * pieces * quads, 64, profile.maxWorkgroupsPerDimension),
  };
  const calls = [transformWeights];
  for (let first = 0; first < tiles; first += round) {
    const count = Math.min(round, tiles - first);
    const product = lower(matmulFamily, profile, {
      inputs: [{ shape: [6, count, pieces * depth], dtype: 'f32' }, scratch[1]!],
      outputs: [{ shape: [6, count, width], dtype: 'f32' }],
      transposeA: false,
      transposeB: false,
    });
    const own = scratch.length;
    scratch.push(...(product.scratch ?? []));
    calls.push(
      inputCall(profile, problem, convolution, first, count),
      ...product.calls.map((call) => ({ ...call, buffers: call.buffers.map((ref) => ofScratch(ref, own)) })),
      outputCall(profile, problem, convolution, first, count),
    );
  }
  return { variant: 'winograd-1d', calls, scratch, flops: convFlops(convolution) };
}

function inputCall(
  profile: DeviceProfile,
  problem: EpilogueProblem,
  convolution: Convolution,
  first: number,
  count: number,
): KernelCall {
  const { x, padding, dilation } = convolution;
  const { perPhase, pieces, depth } = tilingOf(convolution);
  const quads = depth / 4;
  return {
    template: 'conv/winograd-1d-input',
    defines: { SOURCE_TYPE: x.dtype, F16: usesF16(problem) },
    buffers: [input(0), scratchWrite(0)],
    params: {
      length: x.shape[2]!,
      quads,
      tiles: perPhase,
      dilation: dilation[1],
      pad: padding[2],
      pieces,
      first,
      count,
    },
    workgroups: flatGrid(count * pieces * quads, 64, profile.maxWorkgroupsPerDimension),
  };
}

function outputCall(
  profile: DeviceProfile,
  problem: EpilogueProblem,
  convolution: Convolution,
  first: number,
  count: number,
): KernelCall {
  const { y, dilation } = convolution;
  const { perPhase, width } = tilingOf(convolution);
  return {
    template: 'conv/winograd-1d-output',
    defines: {
      RESULT_TYPE: y.dtype,
      F16: usesF16(problem),
      OUTPUT_BINDING: problem.inputs.length - 1,
      ...epilogueDefines(problem, 2, 'vec4f'),
      FIRST_EXTRA: 1,
    },
    buffers: [scratchRead(2), ...inputsWithEpilogue(problem, 2).slice(2), output()],
    params: { length: y.shape[2]!, quads: width / 4, tiles: perPhase, dilation: dilation[1], first, count },
    workgroups: flatGrid((count * width) / 4, 64, profile.maxWorkgroupsPerDimension),
  };
}
