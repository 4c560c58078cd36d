/** Two kernels that measure the device itself, so that timings can be given as shares of what it can do. */

import {
  type DeviceProfile,
  flatGrid,
  input,
  type KernelCall,
  type Lowering,
  output,
  type TensorType,
} from '../kernel.js';

export interface Probe {
  lowering: Lowering;
  inputs: TensorType[];
  outputs: TensorType[];
  /** Arithmetic operations and bytes moved. */
  flops: number;
  bytes: number;
}

/** Independent accumulators a thread: enough to hide the latency of an addition, few enough to stay in registers. */
const CHAINS = 6;
const STEPS = 8;

/** Peak of f32 multiply and add. Software drivers run a subgroup a core; a GPU needs many threads to fill up. */
export function multiplyAddProbe(profile: DeviceProfile): Probe {
  const software = profile.kind === 'software';
  const threads = software ? Math.max(profile.subgroups.min, 4) : 256;
  const groups = software ? 256 : 4096;
  const rounds = software ? 4096 : 256;
  const outputs: TensorType[] = [{ shape: [threads * groups], dtype: 'f32' }];
  const flops = 2 * 4 * CHAINS * STEPS * rounds * threads * groups;
  return {
    lowering: {
      variant: 'multiply-add',
      calls: [
        {
          template: 'probe/multiply-add',
          defines: { CHAINS, THREADS: threads },
          buffers: [output()],
          params: { rounds, scale: 0.999, shift: 0.001 },
          workgroups: [groups, 1, 1],
        },
      ],
      flops,
    },
    inputs: [],
    outputs,
    flops,
    bytes: threads * groups * 4,
  };
}

/** Bandwidth of `a + s·b` over buffers far larger than any cache: 64 MiB each. */
export function triadProbe(profile: DeviceProfile): Probe {
  const elements = 1 << 24;
  const type: TensorType = { shape: [elements], dtype: 'f32' };
  return {
    lowering: {
      variant: 'triad',
      calls: [
        {
          template: 'probe/triad',
          defines: {},
          buffers: [input(0), input(1), output()],
          params: { items: elements / 4, scale: 1.5 },
          workgroups: flatGrid(elements / 4, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: 2 * elements,
    },
    inputs: [type, type],
    outputs: [type],
    flops: 2 * elements,
    bytes: 3 * 4 * elements,
  };
}

/** The kernel calls of all probes, for the compile check. */
export function probes(profile: DeviceProfile): KernelCall[] {
  return [multiplyAddProbe(profile), triadProbe(profile)].flatMap((probe) => [...probe.lowering.calls]);
}
