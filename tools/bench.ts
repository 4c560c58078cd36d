/** `node engine bench [FILTER]`: kernel timings, as shares of the device's peak, and other engines beside them. */

import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { replaceFile } from '../engine/platform/replace-file.js';
import type { Peaks, Row } from './bench/kernel-bench.js';
import type { PeerRow } from './bench/peers.js';
import { interruptible } from './interrupt.js';
import { progress, result, say } from './terminal.js';

interface Options {
  json?: string;
  peers?: boolean;
  engine?: boolean;
  quick?: boolean;
}

export function register(program: Command): void {
  program
    .command('bench')
    .description('time every kernel variant against the device’s own peak')
    .argument('[filter]', 'only cases whose "family / case / variant" contains this')
    .option('--json <file>', 'also write the figures as JSON')
    .option('--peers', 'also time onnxruntime-node, onnxruntime-web and jax-js (installed into a cache folder)')
    .option('--engine', 'time replay, memory and a training step of the default model instead of kernels')
    .option('--quick', 'a quarter of a second a case instead of one')
    .action(async (filter: string | undefined, options: Options) => {
      if (options.engine) return benchWholeEngine(options);
      const { benchKernels } = await import('./bench/kernel-bench.js');
      const { WORKLOADS } = await import('./bench/workloads.js');
      await interruptible(async (signal) => {
        let widths: number[] | undefined;
        const bench = await benchKernels({
          filter,
          always: options.peers ? WORKLOADS.map((w) => w.ours) : [],
          seconds: options.quick ? 0.25 : 1,
          signal,
          onNote: (note) => say(`skipped ${note}`),
          onRow(row) {
            if (!widths) {
              widths = [22, 40, 16, 9, 9, 9, 8, 9, 9];
              result(
                line(
                  ['family', 'case', 'variant', 'min ms', 'median', 'GFLOP/s', 'GB/s', '% device', '% native'],
                  widths,
                ),
              );
            }
            result(line(cells(row), widths));
          },
        });
        if (bench.rows.length === 0) say(filter ? `no case matches '${filter}'` : 'no case was timed');
        result(peakLine(bench.device, bench.peaks));
        let peers: PeerRow[] | undefined;
        if (options.peers) {
          const { benchPeers } = await import('./bench/peers.js');
          result(line(['workload', 'engine', 'min ms', 'median', 'GFLOP/s', 'ours is'], PEER_WIDTHS));
          peers = await benchPeers({
            say,
            signal,
            rows: bench.rows,
            onRow: (row) => result(line(peerCells(row), PEER_WIDTHS)),
          });
        }
        if (options.json) {
          await writeJson(options.json, { ...bench, ...(peers ? { peers } : {}) });
        }
      });
    });
}

async function benchWholeEngine({ json, quick }: Options): Promise<void> {
  const { benchEngine } = await import('./bench/engine-bench.js');
  const bar = progress('bench');
  const figures = await interruptible((signal) =>
    benchEngine({ replays: quick ? 100 : 1000, trainingSteps: quick ? 4 : 12, onProgress: bar.update, signal }),
  );
  bar.stop();
  result(JSON.stringify(figures, null, 2));
  if (json) await writeJson(json, figures);
}

async function writeJson(path: string, figures: unknown): Promise<void> {
  await replaceFile(path, (temporary) => writeFile(temporary, `${JSON.stringify(figures, null, 2)}\n`));
}

const PEER_WIDTHS = [24, 30, 9, 9, 9, 12];

const percent = (share: number): string => (share * 100).toFixed(1);

function cells(row: Row): string[] {
  return [
    row.family,
    row.case,
    row.variant + (row.chosen ? ' *' : ''),
    row.minMs.toFixed(3),
    row.medianMs.toFixed(3),
    row.gflops > 0 ? row.gflops.toFixed(2) : '-',
    row.gbs.toFixed(2),
    percent(row.ofDevice),
    row.ofNative === null || row.gflops === 0 ? '-' : percent(row.ofNative),
  ];
}

function peerCells(row: PeerRow): string[] {
  if (row.failed !== undefined) return [row.workload, row.engine, '-', '-', '-', row.failed];
  return [
    row.workload,
    row.engine,
    row.minMs.toFixed(2),
    row.medianMs.toFixed(2),
    row.gflops.toFixed(2),
    row.oursIs === undefined ? '' : `${row.oursIs.toFixed(2)}×`,
  ];
}

function peakLine(device: string, peaks: Peaks): string {
  const native =
    peaks.nativeGflops === null
      ? `native peak not measured: ${peaks.nativeSkipped}`
      : `native 256-bit multiply+add on all cores ${peaks.nativeGflops.toFixed(1)} GFLOP/s`;
  return `${device}: WGSL peak ${peaks.deviceGflops.toFixed(1)} GFLOP/s, triad ${peaks.deviceGBs.toFixed(1)} GB/s; ${native}. * = chosen here.`;
}

/** Text columns to the left, numbers to the right. */
function line(texts: readonly string[], widths: readonly number[]): string {
  return texts
    .map((text, i) =>
      /^[-\d.]+×?$|^(min|median|GFLOP|GB|% )/.test(text) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!),
    )
    .join(' ')
    .trimEnd();
}
