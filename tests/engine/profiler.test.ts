import assert from 'node:assert/strict';
import {
  chromeTrace,
  EngineError,
  Graph,
  matmul,
  type ProfileRow,
  profileTable,
  softmax,
} from '../../engine/engine.js';
import { profileDispatches } from '../../engine/profiler.js';
import { sharedEngine } from '../harness/engine.js';
import { noise } from '../harness/random.js';
import { suite, Unsupported } from '../harness/suite.js';

const test = suite('engine: profiler');

const row = (label: string, start: number, ms: number): ProfileRow => ({
  op: 'matmul',
  variant: 'tile',
  path: 'decoder/block0',
  label,
  start,
  ms,
  gflops: 10 / ms,
  gbps: 4 / ms,
});

test('the table sums rows by kernel, slowest first, with shares and rates', () => {
  const table = profileTable([row('quick', 0, 1), row('slow', 1, 5), row('slow', 6, 2)]);
  const lines = table.split('\n').map((line) => line.trim().replace(/ +/g, ' '));
  assert.deepEqual(lines, [
    '8.00 ms in 3 dispatches',
    '7.00 ms 87.5 % 2× 2.9 GFLOP/s 1.1 GB/s slow',
    '1.00 ms 12.5 % 1× 10.0 GFLOP/s 4.0 GB/s quick',
  ]);
});

test('the trace has one event a row, in microseconds', () => {
  const { traceEvents } = JSON.parse(chromeTrace([row('slow', 1, 5)]));
  assert.deepEqual(traceEvents, [
    {
      name: 'matmul/tile',
      cat: 'gpu',
      ph: 'X',
      ts: 1000,
      dur: 5000,
      pid: 1,
      tid: 1,
      args: { path: 'decoder/block0', kernel: 'slow', gflops: 2, gbps: 0.8 },
    },
  ]);
});

test('a plan is profiled step by step, in order', async () => {
  const engine = await sharedEngine();
  if (!engine.profile.timestamps) throw new Unsupported('the device has no timestamp queries');
  const graph = new Graph();
  graph.scope('head', () => {
    graph.output('y', softmax(matmul(graph.input('x', [64, 96]), graph.input('w', [96, 48]))));
  });
  const plan = await engine.compile(graph);
  const inputs = { x: noise(64 * 96, 1), w: noise(96 * 48, 2) };
  await plan.run(inputs);
  const rows = await plan.profile(inputs);
  assert.deepEqual(
    rows.map(({ op, variant, path }) => ({ op, variant, path })),
    plan.program.steps.map(({ op, variant, path }) => ({ op, variant, path })),
  );
  let end = 0;
  for (const { start, ms, label } of rows) {
    assert.ok(ms > 0 && start >= end, `${label} takes ${ms} ms from ${start} ms on`);
    end = start + ms;
  }
  assert.ok(rows[0]!.gflops > 0 && rows[0]!.gbps > 0);
  plan.dispose();
});

test('a device without timestamps is refused', async () => {
  const device = { features: new Set<string>() } as unknown as GPUDevice;
  await assert.rejects(
    profileDispatches(device, [], []),
    (e: Error) => e instanceof EngineError && /no timestamp queries/.test(e.message),
  );
});

test.run();
