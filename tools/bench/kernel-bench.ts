/** Times every kernel variant on its family's perf problems, as shares of what the device can do. */

import { type OpenDevice, openDevice } from '../../engine/device.js';
import { PipelineCache } from '../../engine/pipelines.js';
import { caseRandom, operandValues, seedOf } from '../../kernels/case-random.js';
import type { FamilyCases } from '../../kernels/cases.js';
import { families } from '../../kernels/families.js';
import { bytesPerElement, lower, type Problem, sizeOf } from '../../kernels/kernel.js';
import { multiplyAddProbe, type Probe, triadProbe } from '../../kernels/probe/probe.js';
import { nativePeak } from './native-peak.js';
import { toBytes } from './tensor-bytes.js';
import { type Timing, timeLowering } from './timing.js';

export interface Peaks {
  /** GFLOP/s of f32 multiply and add in WGSL, and GB/s of a triad, both measured on this device. */
  deviceGflops: number;
  deviceGBs: number;
  /** GFLOP/s of 256-bit multiply and add on all cores of the processor; null with a reason where not measured. */
  nativeGflops: number | null;
  nativeSkipped?: string;
}

export interface Row extends Timing {
  family: string;
  case: string;
  variant: string;
  /** The variant that the engine picks for this problem here. */
  chosen: boolean;
  /** By the problem's own operations, so that a variant that saves some shows as faster. */
  gflops: number;
  /** Operands read and results written once. */
  gbs: number;
  /** Share of the device's measured peak of arithmetic or of bandwidth, whichever is nearer. */
  ofDevice: number;
  /** Share of the processor's native peak of arithmetic, on software drivers. */
  ofNative: number | null;
}

export interface KernelBench {
  peaks: Peaks;
  rows: Row[];
}

export interface BenchOptions {
  filter?: string;
  /** Cases whose chosen variant is timed whatever the filter says. */
  always?: readonly { family: string; case: string }[];
  /** Seconds of samples for each case. */
  seconds: number;
  onRow?: (row: Row) => void;
  onNote?: (note: string) => void;
  signal?: AbortSignal;
}

export async function benchKernels(options: BenchOptions): Promise<KernelBench & { device: string }> {
  const open = await openDevice();
  const cache = new PipelineCache(open.device);
  try {
    const peaks = await measurePeaks(open, cache);
    const rows: Row[] = [];
    for (const cases of families) {
      for (const { name, problem } of cases.perf) {
        for (const variant of cases.family.variants) {
          options.signal?.throwIfAborted();
          const title = `${cases.family.name} / ${name} / ${variant.name}`;
          if (variant.unsupportedReason(open.profile, problem) !== null) continue;
          const asked = !options.filter || title.includes(options.filter);
          const wanted = (options.always ?? []).some((c) => c.family === cases.family.name && c.case === name);
          if (!asked && !(wanted && isChosen(open, cases, problem, variant.name))) continue;
          try {
            const row = await timeVariant(open, cache, cases, { name, problem }, variant.name, peaks, options.seconds);
            rows.push(row);
            options.onRow?.(row);
          } catch (error) {
            options.onNote?.(`${title}: ${(error as Error).message.split('\n')[0]}`);
          }
        }
      }
    }
    return { device: open.profile.description || open.profile.vendor, peaks, rows };
  } finally {
    open.device.destroy();
  }
}

async function timeVariant(
  { device, profile }: OpenDevice,
  cache: PipelineCache,
  cases: FamilyCases<Problem>,
  { name, problem }: { name: string; problem: Problem },
  variant: string,
  peaks: Peaks,
  seconds: number,
): Promise<Row> {
  const { family } = cases;
  const values = operandValues(cases, problem, caseRandom(seedOf(name)));
  const inputs = problem.inputs.map((type, i) => ({ type, bytes: toBytes(type, values[i]!) }));
  const timing = await timeLowering(
    device,
    cache,
    lower(family, profile, problem, variant),
    inputs,
    problem.outputs,
    seconds,
  );
  const reference = family.variants.at(-1)!.name;
  const flops = lower(family, profile, problem, reference).flops ?? 0;
  const bytes = [...problem.inputs, ...problem.outputs].reduce(
    (sum, t) => sum + sizeOf(t.shape) * bytesPerElement[t.dtype],
    0,
  );
  const gflops = flops / timing.minMs / 1e6;
  const gbs = bytes / timing.minMs / 1e6;
  return {
    family: family.name,
    case: name,
    variant,
    chosen: isChosen({ profile }, cases, problem, variant),
    ...timing,
    gflops,
    gbs,
    ofDevice: Math.max(gflops / peaks.deviceGflops, gbs / peaks.deviceGBs),
    ofNative: peaks.nativeGflops === null ? null : gflops / peaks.nativeGflops,
  };
}

function isChosen(
  { profile }: Pick<OpenDevice, 'profile'>,
  cases: FamilyCases<Problem>,
  problem: Problem,
  variant: string,
): boolean {
  return lower(cases.family, profile, problem).variant === variant;
}

async function measurePeaks({ device, profile }: OpenDevice, cache: PipelineCache): Promise<Peaks> {
  const time = async (probe: Probe): Promise<number> => {
    const inputs = probe.inputs.map((type) => ({
      type,
      bytes: new Uint8Array(sizeOf(type.shape) * bytesPerElement[type.dtype]),
    }));
    return (await timeLowering(device, cache, probe.lowering, inputs, probe.outputs, 0.5)).minMs;
  };
  const arithmetic = multiplyAddProbe(profile);
  const memory = triadProbe(profile);
  const peaks = {
    deviceGflops: arithmetic.flops / (await time(arithmetic)) / 1e6,
    deviceGBs: memory.bytes / (await time(memory)) / 1e6,
  };
  if (profile.kind !== 'software')
    return { ...peaks, nativeGflops: null, nativeSkipped: 'the device is not a software driver' };
  const native = await nativePeak();
  return 'gflops' in native
    ? { ...peaks, nativeGflops: native.gflops }
    : { ...peaks, nativeGflops: null, nativeSkipped: native.skipped };
}
