/**
 * Inverse short-time Fourier transform, [B, T, nFft/2 + 1, 2] → [B, S]: inverse real FFTs, window, overlap-add. Inputs: the
 * spectrum, and the window [nFft]. With the same attributes it is the exact adjoint of `stft` with complex output; with
 * edge 1/nFft, interior 2/nFft and an envelope it is the inverse.
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
import { type FramingAttributes, type FramingSizes, framingSizes } from './framing.js';
import {
  fftFlops,
  layers,
  rowDefines,
  rowParams,
  unsupportedFrameLanes,
  unsupportedWorkgroup,
  workgroupDefines,
} from './stft.js';

export type IstftProblem = Problem & FramingAttributes;

export function istftSizes({ inputs: [spectrum, window], outputs: [y], hop }: IstftProblem): FramingSizes {
  return framingSizes(y!.shape, window!.shape, spectrum!.shape, hop);
}

const framedType = ({ batch, frames, nFft }: FramingSizes): TensorType => ({
  shape: [batch, frames, nFft],
  dtype: 'f32',
});

function overlapCall(profile: DeviceProfile, problem: IstftProblem): KernelCall {
  const { batch, samples, frames, nFft } = istftSizes(problem);
  const { left, hop, mirror, envelope } = problem;
  return {
    template: 'stft/overlap',
    defines: { OUT_TYPE: problem.outputs[0]!.dtype, REFLECT: mirror, ENVELOPE: envelope > 0 },
    buffers: [scratchRead(0), input(1), output()],
    params: { samples, left, frames, hop, size: nFft, floor: envelope },
    workgroups: layers(profile, samples, batch),
  };
}

/** One frame a lane, in registers and private memory: for CPU-backed drivers. */
const software: Variant<IstftProblem> = {
  name: 'software',
  unsupportedReason: (profile, problem) => unsupportedFrameLanes(profile, istftSizes(problem).nFft),
  notPreferredReason: (profile) => (profile.kind === 'software' ? null : 'keeps few threads busy'),
  lower(profile, problem) {
    const sizes = istftSizes(problem);
    const { batch, frames, nFft } = sizes;
    const { edge, interior } = problem;
    const lanes = profile.subgroups.min;
    return {
      variant: 'software',
      scratch: [framedType(sizes)],
      calls: [
        {
          template: 'stft/synthesis-software',
          defines: { LANES: lanes, X_TYPE: problem.inputs[0]!.dtype, ...rowDefines(nFft) },
          buffers: [input(0), input(1), scratchWrite(0)],
          params: {
            frames: batch * frames,
            ratio: (2 * edge) / interior,
            scale: interior / 2,
            ...rowParams(lanes, nFft),
          },
          workgroups: flatGrid(batch * frames, lanes, profile.maxWorkgroupsPerDimension),
        },
        overlapCall(profile, problem),
      ],
      flops: fftFlops(sizes),
    };
  },
};

/** One frame a workgroup, in its memory: for GPUs with many threads. */
const workgroup: Variant<IstftProblem> = {
  name: 'workgroup',
  unsupportedReason: (profile, problem) => unsupportedWorkgroup(profile, istftSizes(problem).nFft),
  lower(profile, problem) {
    const sizes = istftSizes(problem);
    const { batch, frames, nFft } = sizes;
    const { edge, interior } = problem;
    return {
      variant: 'workgroup',
      scratch: [framedType(sizes)],
      calls: [
        {
          template: 'stft/synthesis-workgroup',
          defines: { X_TYPE: problem.inputs[0]!.dtype, ...workgroupDefines(profile, nFft) },
          buffers: [input(0), input(1), scratchWrite(0)],
          params: { frames: batch * frames, ratio: (2 * edge) / interior, scale: interior / 2 },
          workgroups: flatGrid(batch * frames, 1, profile.maxWorkgroupsPerDimension),
        },
        overlapCall(profile, problem),
      ],
      flops: fftFlops(sizes),
    };
  },
};

const naive: Variant<IstftProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, problem) {
    const sizes = istftSizes(problem);
    const { batch, frames, nFft } = sizes;
    const { edge, interior } = problem;
    return {
      variant: 'naive',
      scratch: [framedType(sizes)],
      calls: [
        {
          template: 'stft/synthesis-naive',
          defines: { X_TYPE: problem.inputs[0]!.dtype },
          buffers: [input(0), input(1), scratchWrite(0)],
          params: { frames: batch * frames, size: nFft, edge, interior },
          workgroups: flatGrid(batch * frames * nFft, 64, profile.maxWorkgroupsPerDimension),
        },
        overlapCall(profile, problem),
      ],
      flops: fftFlops(sizes),
    };
  },
};

export const istftFamily: Family<IstftProblem> = { name: 'istft', variants: [software, workgroup, naive] };
