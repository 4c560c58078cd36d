/** What a peer's process is told on its command line, and how it answers. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Job {
  /** Where the peers are installed. */
  folder: string;
  provider: string;
  /** Path of the ONNX model. */
  model: string;
  inputs: Record<string, number[]>;
  /** Shape of a convolution's weights, [out, in / groups, rows, columns]. */
  weights?: number[];
  /** Kind of work, for peers that do not read ONNX. */
  kind: string;
}

export const job: Job = JSON.parse(process.argv[2] ?? '{}') as Job;

/** A package of the peers' folder, by CommonJS resolution. */
export const requirePeer: NodeJS.Require = createRequire(join(job.folder, 'package.json'));

/** A file of the peers' folder as an ES module. */
export function importPeer(path: string): Promise<Record<string, unknown>> {
  return import(pathToFileURL(join(job.folder, 'node_modules', path)).href) as Promise<Record<string, unknown>>;
}

/** Gives browser libraries the `navigator.gpu` they look for. */
export async function provideNavigator(): Promise<void> {
  const { create, globals } = (await importPeer('webgpu/index.js')) as {
    create(flags: string[]): GPU;
    globals: Record<string, unknown>;
  };
  Object.assign(globalThis, globals);
  const navigator = { gpu: create([]), userAgent: 'node', hardwareConcurrency: 2 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
}

export function data(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
}

const WARM_UP = 2;
const LEAST_RUNS = 5;
const LEAST_MS = 1500;

/** Times `run` and ends the process with the answer on stdout. */
export async function answer(run: () => Promise<unknown>): Promise<never> {
  for (let i = 0; i < WARM_UP; i++) await run();
  const times: number[] = [];
  for (let total = 0; times.length < LEAST_RUNS || total < LEAST_MS; total += times.at(-1)!) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  process.stdout.write(`\n${JSON.stringify({ times })}\n`);
  process.exit(0);
}
