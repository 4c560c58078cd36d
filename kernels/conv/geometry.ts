/** What the convolution families share: attributes, sizes, and the parameter block of `geometry.wgsl`. */

import type { EpilogueProblem } from '../common/epilogue.js';
import { type DeviceProfile, type Problem, sizeOf, type TensorType } from '../kernel.js';

export interface ConvAttributes {
  /** Rows and columns from one output to the next. */
  readonly stride: readonly [number, number];
  /** Zeros before the first row, after the last, before the first column and after the last. */
  readonly padding: readonly [top: number, bottom: number, left: number, right: number];
  /** Rows and columns from one tap to the next. */
  readonly dilation: readonly [number, number];
  /** Channels are split into this many independent convolutions. */
  readonly groups: number;
}

/** `conv2d`: inputs x [B, H, W, I], w [O, KH, KW, I/groups] and the operands of the epilogue; output y [B, OH, OW, O]. */
export type ConvProblem = EpilogueProblem & ConvAttributes;

/** Inputs g [B, OH, OW, O], w [O, KH, KW, I/groups]; output x [B, H, W, I]. */
export type InputGradientProblem = Problem & ConvAttributes;

/** Inputs x [B, H, W, I], g [B, OH, OW, O]; output w [O, KH, KW, I/groups]. */
export type WeightGradientProblem = Problem & ConvAttributes;

/** A convolution by its three tensors, whichever of them is the result. */
export interface Convolution extends ConvAttributes {
  readonly x: TensorType;
  readonly w: TensorType;
  readonly y: TensorType;
}

/** Outputs along one axis; below 1 where the kernel does not fit. */
function outputLength(
  length: number,
  kernel: number,
  stride: number,
  dilation: number,
  before: number,
  after: number,
): number {
  return Math.floor((length + before + after - (kernel - 1) * dilation - 1) / stride) + 1;
}

export function convOutputShape(x: readonly number[], w: readonly number[], attrs: ConvAttributes): number[] {
  const { stride, dilation, padding } = attrs;
  return [
    x[0]!,
    outputLength(x[1]!, w[1]!, stride[0], dilation[0], padding[0], padding[1]),
    outputLength(x[2]!, w[2]!, stride[1], dilation[1], padding[2], padding[3]),
    w[0]!,
  ];
}

/** Values of `struct Params` of `geometry.wgsl`. */
export function geometryParams({ x, w, y, stride, padding, dilation, groups }: Convolution): Record<string, number> {
  return {
    batch: x.shape[0]!,
    in_h: x.shape[1]!,
    in_w: x.shape[2]!,
    in_c: x.shape[3]!,
    out_h: y.shape[1]!,
    out_w: y.shape[2]!,
    out_c: y.shape[3]!,
    groups,
    kernel_h: w.shape[1]!,
    kernel_w: w.shape[2]!,
    stride_h: stride[0],
    stride_w: stride[1],
    pad_h: padding[0],
    pad_w: padding[2],
    dilation_h: dilation[0],
    dilation_w: dilation[1],
  };
}

/** Whether any operand is stored in f16, which a template must enable. */
export function usesF16({ inputs, outputs }: Problem): boolean {
  return [...inputs, ...outputs].some((t) => t.dtype === 'f16');
}

/** Multiplications and additions of any of the three directions, padding counted as work. */
export function convFlops({ w, y }: Convolution): number {
  return 2 * sizeOf(w.shape) * sizeOf(y.shape.slice(0, 3));
}

/**
 * Why the convolution is no plain matrix product of the tensors as they lie, or null: it is one if 1×1, or with windows
 * along the last axis that neither overlap nor leave gaps.
 */
export function unsupportedMatmul({ x, w, y, stride, padding, dilation, groups }: Convolution): string | null {
  const [, kernelH, kernelW] = w.shape as [number, number, number, number];
  return groups === 1 &&
    kernelH === 1 &&
    kernelW === stride[1] &&
    stride[0] === 1 &&
    (kernelW === 1 || dilation[1] === 1) &&
    padding.every((p) => p === 0) &&
    x.shape[2] === kernelW * y.shape[2]!
    ? null
    : 'only 1×1 kernels, or windows along W that neither overlap nor leave gaps';
}

/** Lanes that the one-subgroup convolutions serve. */
export const CONV_LANES: readonly number[] = [4, 8, 16, 32];

/** Why tiles in workgroup memory cannot run, or null. */
export function unsupportedTiles(profile: DeviceProfile): string | null {
  if (profile.maxWorkgroupInvocations < 256) return 'workgroups of 256 threads exceed the device';
  return profile.maxWorkgroupStorage < 16384 ? 'needs 16 KiB of workgroup memory' : null;
}

/** On software drivers workgroup memory and barriers cost more than they save. */
export function preferOnHardware(profile: DeviceProfile): string | null {
  return profile.kind === 'software' && profile.subgroups.supported ? 'slow on software drivers' : null;
}
