/**
 * Other engines on the same work, in the same run. They are installed into a folder of the user's cache, never into the
 * project, and each runs in a process of its own.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { userCache } from '../../engine/platform/user-cache.js';
import { BenchError } from './errors.js';
import type { Row } from './kernel-bench.js';
import { WORKLOADS, type Workload } from './workloads.js';

const PACKAGES: Record<string, string> = {
  'onnxruntime-node': '1.30.0',
  'onnxruntime-web': '1.30.0',
  '@jax-js/jax': '0.1.25',
  webgpu: '0.6.2',
};

/** Script below `peers/`, and its execution provider. */
const PEERS = [
  { engine: 'onnxruntime-node, CPU', script: 'onnxruntime-node', provider: 'cpu', webgpu: false },
  { engine: 'onnxruntime-node, WebGPU', script: 'onnxruntime-node', provider: 'webgpu', webgpu: true },
  { engine: 'onnxruntime-web, WebGPU', script: 'onnxruntime-web', provider: 'webgpu', webgpu: true },
  { engine: 'jax-js, WebGPU', script: 'jax', provider: 'webgpu', webgpu: true },
] as const;

/** A peer that takes longer than this for one workload has failed. */
const LIMIT_MS = 180_000;

export interface PeerRow {
  workload: string;
  engine: string;
  minMs: number;
  medianMs: number;
  gflops: number;
  /** How many times faster our chosen variant is, by medians. */
  oursIs?: number;
  failed?: string;
}

export interface PeerOptions {
  /** Rows of our own bench of the same run. */
  rows: readonly Row[];
  say(text: string): void;
  onRow?: (row: PeerRow) => void;
  signal?: AbortSignal;
}

export async function benchPeers({ rows, say, onRow, signal }: PeerOptions): Promise<PeerRow[]> {
  const folder = userCache('bench-peers');
  await install(folder, say, signal);
  const found: PeerRow[] = [];
  const add = (row: PeerRow): void => {
    found.push(row);
    onRow?.(row);
  };
  for (const workload of WORKLOADS) {
    const model = join(folder, 'workload.onnx');
    await writeFile(model, workload.model());
    const ours = rows.find((r) => r.family === workload.ours.family && r.case === workload.ours.case && r.chosen);
    add(ours ? oursAs(workload, ours) : failed(workload, 'onset', 'not timed in this run (see the filter)'));
    for (const peer of PEERS) {
      signal?.throwIfAborted();
      say(`${workload.name}: ${peer.engine}`);
      try {
        const times = await runPeer(folder, peer, workload, model, signal);
        const [minMs, medianMs] = [times[0]!, times[times.length >> 1]!];
        add({
          workload: workload.name,
          engine: peer.engine,
          minMs,
          medianMs,
          gflops: workload.flops / minMs / 1e6,
          ...(ours ? { oursIs: medianMs / ours.medianMs } : {}),
        });
      } catch (error) {
        signal?.throwIfAborted();
        add(failed(workload, peer.engine, (error as Error).message.split('\n')[0]!));
      }
    }
  }
  return found;
}

const oursAs = (workload: Workload, { minMs, medianMs, variant }: Row): PeerRow => ({
  workload: workload.name,
  engine: `onset (${variant})`,
  minMs,
  medianMs,
  gflops: workload.flops / minMs / 1e6,
});

const failed = (workload: Workload, engine: string, why: string): PeerRow => ({
  workload: workload.name,
  engine,
  minMs: Number.NaN,
  medianMs: Number.NaN,
  gflops: Number.NaN,
  failed: why,
});

async function install(folder: string, say: (text: string) => void, signal?: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  const manifest = JSON.stringify({ private: true, type: 'module', dependencies: PACKAGES }, null, 2);
  if (Object.keys(PACKAGES).every((name) => existsSync(join(folder, 'node_modules', name, 'package.json')))) return;
  await writeFile(join(folder, 'package.json'), manifest);
  say(
    `installing ${Object.entries(PACKAGES)
      .map((p) => p.join('@'))
      .join(', ')} into ${folder}`,
  );
  await output('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    signal,
  });
}

/** Milliseconds of each run, ascending. */
async function runPeer(
  folder: string,
  peer: (typeof PEERS)[number],
  workload: Workload,
  model: string,
  signal?: AbortSignal,
): Promise<number[]> {
  const script = fileURLToPath(new URL(`./peers/${peer.script}.js`, import.meta.url));
  const job = JSON.stringify({
    folder,
    provider: peer.provider,
    model,
    inputs: workload.inputs,
    weights: workload.weights,
    kind: workload.ours.family,
  });
  const text = await output(process.execPath, [script, job], { cwd: folder, signal });
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  return (JSON.parse(last) as { times: number[] }).times;
}

/** What a program prints; an error with the end of its complaints when it fails or takes too long. */
function output(program: string, args: string[], options: { cwd: string; signal?: AbortSignal }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    let text = '';
    let complaints = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-4000)));
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      if (code === 0) return resolve(text);
      const reason = complaints.split('\n').find((l) => /error/i.test(l)) ?? complaints.trim().split('\n').at(-1);
      reject(
        new BenchError(
          killedBy ? `stopped by ${killedBy} after ${LIMIT_MS / 1000} s` : (reason ?? `exit code ${code}`),
        ),
      );
    });
  });
}
