/** Per-kernel times by timestamp queries: a table and a Chrome trace. */

import { readBuffer } from './buffers.js';
import type { Dispatch } from './dispatch.js';
import { EngineError } from './errors.js';
import { BufferUsage } from './gpu-flags.js';
import type { Step } from './program.js';
import { copyToTexture } from './texture-operands.js';

export interface ProfileRow {
  readonly op: string;
  readonly variant: string;
  readonly path: string;
  readonly label: string;
  /** Start after the first step's, and duration, in milliseconds. */
  readonly start: number;
  readonly ms: number;
  readonly gflops: number;
  readonly gbps: number;
}

/** A query set holds at most 4096 timestamps, two a dispatch. */
const DISPATCHES_PER_SET = 2048;

export async function profileDispatches(
  device: GPUDevice,
  dispatches: readonly Dispatch[],
  steps: readonly Step[],
): Promise<ProfileRow[]> {
  if (!device.features.has('timestamp-query'))
    throw new EngineError('this device has no timestamp queries; profiling needs them');
  const rows: ProfileRow[] = [];
  let origin: bigint | null = null;
  for (let at = 0; at < dispatches.length; at += DISPATCHES_PER_SET) {
    const part = dispatches.slice(at, at + DISPATCHES_PER_SET);
    const set = device.createQuerySet({ type: 'timestamp', count: part.length * 2 });
    const resolved = device.createBuffer({
      size: part.length * 16,
      usage: BufferUsage.QUERY_RESOLVE | BufferUsage.COPY_SRC,
    });
    const encoder = device.createCommandEncoder();
    for (const [i, dispatch] of part.entries()) {
      // An empty pass marks the start, so that the copies into textures count as part of the call.
      encoder.beginComputePass({ timestampWrites: { querySet: set, beginningOfPassWriteIndex: 2 * i } }).end();
      for (const copy of dispatch.copies) copyToTexture(encoder, copy);
      const pass = encoder.beginComputePass({ timestampWrites: { querySet: set, endOfPassWriteIndex: 2 * i + 1 } });
      pass.setPipeline(dispatch.pipeline);
      pass.setBindGroup(0, dispatch.bindings);
      pass.dispatchWorkgroups(...dispatch.workgroups);
      pass.end();
    }
    encoder.resolveQuerySet(set, 0, part.length * 2, resolved, 0);
    device.queue.submit([encoder.finish()]);
    const times = new BigUint64Array(await readBuffer(device, resolved));
    origin ??= times[0]!;
    for (const [i, dispatch] of part.entries()) {
      const step = steps[at + i]!;
      const ms = Number(times[2 * i + 1]! - times[2 * i]!) / 1e6;
      rows.push({
        op: step.op,
        variant: step.variant,
        path: step.path,
        label: dispatch.label,
        start: Number(times[2 * i]! - origin) / 1e6,
        ms,
        gflops: step.flops / ms / 1e6,
        gbps: step.bytes / ms / 1e6,
      });
    }
    resolved.destroy();
    set.destroy();
  }
  return rows;
}

/** Rows summed by kernel, slowest first: what `DEBUG=kernels` shows. */
export function profileTable(rows: readonly ProfileRow[]): string {
  const sums = new Map<string, { count: number; ms: number; flop: number; byte: number }>();
  for (const row of rows) {
    const sum = sums.get(row.label) ?? { count: 0, ms: 0, flop: 0, byte: 0 };
    sum.count++;
    sum.ms += row.ms;
    sum.flop += row.gflops * row.ms;
    sum.byte += row.gbps * row.ms;
    sums.set(row.label, sum);
  }
  const total = rows.reduce((sum, row) => sum + row.ms, 0);
  const lines = [...sums]
    .sort((a, b) => b[1].ms - a[1].ms)
    .map(
      ([label, s]) =>
        `${s.ms.toFixed(2).padStart(9)} ms ${((100 * s.ms) / total).toFixed(1).padStart(5)} % ${String(s.count).padStart(5)}×` +
        `${(s.flop / s.ms).toFixed(1).padStart(8)} GFLOP/s ${(s.byte / s.ms).toFixed(1).padStart(7)} GB/s  ${label}`,
    );
  return [`${total.toFixed(2).padStart(9)} ms in ${rows.length} dispatches`, ...lines].join('\n');
}

/** Events for chrome://tracing and Perfetto. */
export function chromeTrace(rows: readonly ProfileRow[]): string {
  return JSON.stringify({
    traceEvents: rows.map((row) => ({
      name: `${row.op}/${row.variant}`,
      cat: 'gpu',
      ph: 'X',
      ts: row.start * 1000,
      dur: row.ms * 1000,
      pid: 1,
      tid: 1,
      args: { path: row.path, kernel: row.label, gflops: row.gflops, gbps: row.gbps },
    })),
  });
}
