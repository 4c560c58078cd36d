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
import { type FramingAttributes, type FramingSizes, framingSizes, rowRadices } from './framing.js';

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
    params: { samples, left, stride, run, batch, frames, hop, size: nFft, floor: envelope },
    workgroups: flatGrid(batch * stride, 64, profile.maxWorkgroupsPerDimension),
  };
}

/** One frame a lane, in registers and private memory: for CPU-backed drivers. */
const software: Variant<StftProblem> = {
  name: 'software',
  refuses: (profile, problem) => refusesLanes(profile, stftSizes(problem).nFft),
  unsuited: (profile) => (profile.kind === 'software' ? null : 'keeps few threads busy'),
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
          template: 'stft/analysis_software',
          defines: {
            LANES: lanes,
            OUT: problem.output,
            OUT_TYPE: problem.outputs[0]!.dtype,
            ...rowDefines(nFft),
          },
          buffers: [scratchRead(0), input(1), output()],
          params: { batch, frames, hop: row.hop, stride: row.stride, edge, interior, floor },
          workgroups: flatGrid(batch * frames, lanes, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: fftFlops(sizes),
    };
  },
};

const naive: Variant<StftProblem> = {
  name: 'naive',
  refuses: () => null,
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
          template: 'stft/analysis_naive',
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

/** Why the one-frame-a-lane kernels cannot run, or null. */
export function refusesLanes(profile: DeviceProfile, nFft: number): string | null {
  const { supported, min, max } = profile.subgroups;
  if (!supported || min !== max || min > 32) return 'needs subgroups of one known size up to 32';
  return rowRadices(nFft) ? null : 'needs an FFT size of 32 · row, row a multiple of 4 up to 64 with factors 2, 3 and 5';
}

export function rowDefines(nFft: number): Record<string, number> {
  const [ROW_RADIX0 = 1, ROW_RADIX1 = 1, ROW_RADIX2 = 1] = rowRadices(nFft)!;
  return { ROW: nFft / 32, ROW_RADIX0, ROW_RADIX1, ROW_RADIX2 };
}

/** The usual count of a real FFT, 2.5·n·log₂ n a frame, whatever the variant really does. */
export function fftFlops({ batch, frames, nFft }: FramingSizes): number {
  return Math.round(batch * frames * 2.5 * nFft * Math.log2(nFft));
}

export const stftFamily: Family<StftProblem> = { name: 'stft', variants: [software, naive] };
