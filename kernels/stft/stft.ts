/**
 * Short-time Fourier transform, [B, S] → [B, T, nFft/2 + 1, 2] (complex) or [B, T, nFft/2 + 1] (magnitude, power, log).
 * Inputs: the signal, and the window [nFft] (a shorter window is centred in zeros by the caller). Each variant first
 * writes the padded signal once, so that the transform itself has no edges.
 */

import {
  type DeviceProfile,
  type Family,
  flatGrid,
  input,
  type KernelCall,
  output,
  type Problem,
  scratchRead,
  scratchWrite,
  type TensorType,
  type Variant,
} from '../kernel.js';
import { unsupportedSubgroups } from '../software.js';
import { type FramingAttributes, type FramingSizes, framingSizes, radices, rowRadices } from './framing.js';

export type SpectrumOutput = 'complex' | 'magnitude' | 'power' | 'log';

export interface StftAttributes extends FramingAttributes {
  output: SpectrumOutput;
  /** Least magnitude of the `log` output. */
  floor: number;
}

export type StftProblem = Problem & StftAttributes;

export function stftSizes({ inputs: [x, window], outputs: [spectrum], hop }: StftProblem): FramingSizes {
  return framingSizes(x!.shape, window!.shape, spectrum!.shape, hop);
}

/** A row of the padded signal: `run` samples `hop` apart make up `stride`. */
interface Row {
  stride: number;
  run: number;
  /** Samples between the frames in this row. */
  hop: number;
}

/** One run of samples, or, where a frame's place must be a multiple of 4 and is not, every frame on its own. */
function rowOf(problem: StftProblem, aligned: boolean): Row {
  const { frames, nFft, stride } = stftSizes(problem);
  return aligned && problem.hop % 4 !== 0
    ? { stride: frames * nFft, run: nFft, hop: nFft }
    : { stride, run: stride, hop: problem.hop };
}

const paddedType = (batch: number, { stride }: Row): TensorType => ({ shape: [batch, stride], dtype: 'f32' });

function padCall(profile: DeviceProfile, problem: StftProblem, { stride, run }: Row): KernelCall {
  const { batch, samples, frames, nFft } = stftSizes(problem);
  const { left, hop, mirror, envelope } = problem;
  return {
    template: 'stft/pad',
    defines: { X_TYPE: problem.inputs[0]!.dtype, REFLECT: mirror, ENVELOPE: envelope > 0 },
    buffers: [input(0), input(1), scratchWrite(0)],
    params: { samples, left, stride, run, frames, hop, size: nFft, floor: envelope },
    workgroups: layers(profile, stride, batch),
  };
}

/** One frame a lane, in registers and private memory: for CPU-backed drivers. */
const software: Variant<StftProblem> = {
  name: 'software',
  unsupportedReason: (profile, problem) => unsupportedFrameLanes(profile, stftSizes(problem).nFft),
  notPreferredReason: (profile) => (profile.kind === 'software' ? null : 'keeps few threads busy'),
  lower(profile, problem) {
    const sizes = stftSizes(problem);
    const { batch, frames, nFft } = sizes;
    const { edge, interior, floor } = problem;
    const row = rowOf(problem, true);
    const lanes = profile.subgroups.min;
    return {
      variant: 'software',
      scratch: [paddedType(batch, row)],
      calls: [
        padCall(profile, problem, row),
        {
          template: 'stft/analysis-software',
          defines: {
            LANES: lanes,
            OUT: problem.output,
            OUT_TYPE: problem.outputs[0]!.dtype,
            ...rowDefines(nFft),
          },
          buffers: [scratchRead(0), input(1), output()],
          params: { batch, frames, hop: row.hop, stride: row.stride, edge, interior, floor, ...rowParams(lanes, nFft) },
          workgroups: flatGrid(batch * frames, lanes, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: fftFlops(sizes),
    };
  },
};

/** One frame a workgroup, in its memory: for GPUs with many threads. */
const workgroup: Variant<StftProblem> = {
  name: 'workgroup',
  unsupportedReason: (profile, problem) => unsupportedWorkgroup(profile, stftSizes(problem).nFft),
  lower(profile, problem) {
    const sizes = stftSizes(problem);
    const { batch, frames, nFft } = sizes;
    const { edge, interior, floor } = problem;
    const row = rowOf(problem, false);
    return {
      variant: 'workgroup',
      scratch: [paddedType(batch, row)],
      calls: [
        padCall(profile, problem, row),
        {
          template: 'stft/analysis-workgroup',
          defines: { OUT: problem.output, OUT_TYPE: problem.outputs[0]!.dtype, ...workgroupDefines(profile, nFft) },
          buffers: [scratchRead(0), input(1), output()],
          params: { batch, frames, hop: row.hop, stride: row.stride, edge, interior, floor },
          workgroups: flatGrid(batch * frames, 1, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: fftFlops(sizes),
    };
  },
};

const naive: Variant<StftProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, problem) {
    const sizes = stftSizes(problem);
    const { batch, frames, nFft, bins } = sizes;
    const { edge, interior, floor } = problem;
    const row = rowOf(problem, false);
    return {
      variant: 'naive',
      scratch: [paddedType(batch, row)],
      calls: [
        padCall(profile, problem, row),
        {
          template: 'stft/analysis-naive',
          defines: { OUT: problem.output, OUT_TYPE: problem.outputs[0]!.dtype },
          buffers: [scratchRead(0), input(1), output()],
          params: { batch, frames, hop: row.hop, stride: row.stride, size: nFft, edge, interior, floor },
          workgroups: flatGrid(batch * frames * bins, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: fftFlops(sizes),
    };
  },
};

/** Workgroups for `items` of each of `batch` signals, 64 a group. */
export function layers(profile: DeviceProfile, items: number, batch: number): [number, number, number] {
  const [x, y] = flatGrid(items, 64, profile.maxWorkgroupsPerDimension);
  return [x, y, batch];
}

/** Why the one-frame-a-lane kernels cannot run, or null. */
export function unsupportedFrameLanes(profile: DeviceProfile, nFft: number): string | null {
  const reason = unsupportedSubgroups(profile);
  if (reason !== null) return reason;
  if (profile.subgroups.min > 32) return 'needs subgroups of 32 lanes at most';
  return rowRadices(nFft)
    ? null
    : 'needs an FFT size of 32 · row, row a multiple of 4 up to 64 with factors 2, 3 and 5';
}

export function rowDefines(nFft: number): Record<string, number> {
  const [ROW_RADIX0 = 1, ROW_RADIX1 = 1, ROW_RADIX2 = 1] = rowRadices(nFft)!;
  return { ROW: nFft / 32, ROW_RADIX0, ROW_RADIX1, ROW_RADIX2 };
}

/** Lengths of loops, as parameters of the one-frame-a-lane kernels: drivers that know them unroll, and compile for seconds. */
export function rowParams(lanes: number, nFft: number): Record<string, number> {
  return { window_loads: 32 / lanes, row: nFft / 32 };
}

/** Why the one-frame-a-workgroup kernels cannot run, or null. */
export function unsupportedWorkgroup(profile: DeviceProfile, nFft: number): string | null {
  if (8 * nFft > profile.maxWorkgroupStorage) return `needs ${8 * nFft} bytes of workgroup memory`;
  return radices(nFft / 2, 8) ? null : 'needs an FFT size with the factors 2, 3 and 5 alone';
}

export function workgroupDefines(profile: DeviceProfile, nFft: number): Record<string, number> {
  // About one radix-4 butterfly a thread and pass.
  const threads = Math.min(256, profile.maxWorkgroupInvocations, Math.max(32, 2 ** Math.floor(Math.log2(nFft / 8))));
  const factors = radices(nFft / 2, 8)!;
  return { HALF: nFft / 2, THREADS: threads, ...Object.fromEntries(factors.map((radix, i) => [`RADIX${i}`, radix])) };
}

/** The usual count of a real FFT, 2.5·n·log₂ n a frame, whatever the variant really does. */
export function fftFlops({ batch, frames, nFft }: FramingSizes): number {
  return Math.round(batch * frames * 2.5 * nFft * Math.log2(nFft));
}

export const stftFamily: Family<StftProblem> = { name: 'stft', variants: [software, workgroup, naive] };
