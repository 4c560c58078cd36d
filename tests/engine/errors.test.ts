import assert from 'node:assert/strict';
import {
  argmax,
  CompileError,
  cast,
  createEngine,
  DeviceError,
  DisposedError,
  DTypeError,
  Graph,
  LimitError,
  max,
  mul,
  scale,
  softmax,
  Variables,
} from '../../engine/engine.js';
import { PipelineCache } from '../../engine/pipelines.js';
import { planProgram } from '../../engine/planner.js';
import type { KernelCall } from '../../kernels/kernel.js';
import { wgsl } from '../../kernels/wgsl.js';
import { guestEngine, sharedEngine } from '../harness/engine.js';
import { suite } from '../harness/suite.js';

const test = suite('engine: errors');

const isError = (type: new (message: string) => Error, pattern: RegExp) => (error: Error) => {
  assert.ok(error instanceof type, `${error}`);
  assert.match(error.message, pattern);
  return true;
};

/** A graph of one multiplication, whose operation stands in the module `decoder`. */
function doubling(size = 4): Graph {
  const graph = new Graph();
  graph.scope('decoder', () => graph.output('y', scale(graph.input('x', [size]), 2)));
  return graph;
}

test('what a shader compiler refuses is mapped back to the line of the template', async () => {
  const { device } = await sharedEngine();
  wgsl['test/broken'] = [
    '#param N',
    '#include test/broken-part',
    '@group(0) @binding(0) var<storage, read_write> y: array<f32>;',
    '@compute @workgroup_size(1) fn main() {',
    '#for i in 0..N',
    '  y[${i}] = 1.0;',
    '#end',
    '  y[0] = nowhere;',
    '}',
  ].join('\n');
  wgsl['test/broken-part'] = '// a line of another file\nconst one = 1.0;';
  const call: KernelCall = {
    template: 'test/broken',
    defines: { N: 3 },
    buffers: [{ of: 'output', index: 0, access: 'readWrite' }],
    workgroups: [1, 1, 1],
  };
  await assert.rejects(
    new PipelineCache(device).get(call),
    isError(
      CompileError,
      /test\/broken N=3 \[w\] does not compile\n {2}test\/broken\.wgsl:8: .*nowhere.*\n {4} *y\[0\] = nowhere;/,
    ),
  );
  delete wgsl['test/broken'];
  delete wgsl['test/broken-part'];
});

test('a tensor larger than a binding is refused by its op and module when it is planned', async () => {
  const { profile } = await sharedEngine();
  assert.throws(
    () => planProgram(doubling(1000), { ...profile, maxBindingBytes: 1024 }),
    isError(
      LimitError,
      /map %\d+:f32\[1000\] in decoder needs 4000 bytes in one buffer; this device binds 1024 at most/,
    ),
  );
});

test('a variable larger than a binding is refused by name when it is made', async () => {
  const { device } = await sharedEngine();
  const variables = new Variables(device, 1024);
  const write = (elements: number) => (): void =>
    variables.write('large', { shape: [elements], dtype: 'f32' }, new Float32Array(elements));
  assert.throws(write(257), isError(LimitError, /variable 'large' needs 1040 bytes; this device binds 1024 at most/));
  write(256)();
  variables.dispose();
});

test('what the device refuses while a plan runs rejects that run', async () => {
  const engine = await guestEngine();
  const type = { shape: [3], dtype: 'f32' } as const;
  const graph = new Graph();
  graph.output('y', mul(graph.input('x', [3]), graph.variable('w', [3])));
  engine.variables.write('w', type, Float32Array.of(1, 2, 3));
  const plan = await engine.compile(graph);
  const x = Float32Array.of(1, 1, 1);
  assert.deepEqual([...(await plan.run({ x })).y!], [1, 2, 3]);
  // The plan's bind group still has the buffer that is freed here.
  engine.variables.delete('w');
  engine.variables.write('w', type, Float32Array.of(4, 5, 6));
  await assert.rejects(plan.run({ x }), isError(DeviceError, /refused the plan's work: .*destroyed/s));
  await assert.rejects(plan.run({ x }), DeviceError, 'the queue goes on after an error');
  plan.dispose();
});

test('a disposed plan and a disposed engine say so', async () => {
  const engine = await createEngine({ device: (await sharedEngine()).device });
  const plan = await engine.compile(doubling());
  plan.dispose();
  await assert.rejects(plan.run({ x: new Float32Array(4) }), isError(DisposedError, /this plan was disposed/));
  const pending = engine.compile(doubling());
  engine.dispose();
  await assert.rejects(pending, isError(DisposedError, /this engine was disposed/));
  await assert.rejects(engine.compile(doubling()), isError(DisposedError, /this engine was disposed/));
  assert.throws(() => engine.fork(), DisposedError);
});

test('outputs that are not f32 are read with their type, once it is named', async () => {
  const engine = await sharedEngine();
  const graph = new Graph();
  const x = softmax(graph.input('x', [2, 3]));
  graph.output('best', argmax(x, 1));
  graph.output('top', max(x, 1));
  await assert.rejects(
    engine.compile(graph),
    isError(DTypeError, /output 'best' is u32, not f32; give compile\(\) .*\{ outputs: \{ best: 'u32' \} \}/),
  );
  await assert.rejects(
    engine.compile(graph, { outputs: { best: 'u32' } }),
    isError(DTypeError, /'top' is f32, not named/),
  );
  const named = { best: 'u32', top: 'f32', third: 'f32' } as const;
  await assert.rejects(engine.compile(graph, { outputs: named }), isError(DTypeError, /no output 'third'/));
  const plan = await engine.compile(graph, { outputs: { best: 'u32', top: 'f32' } });
  const out = await plan.run({ x: Float32Array.of(0, 2, 1, 3, 0, 1) });
  const best: Uint32Array = out.best;
  const top: Float32Array = out.top;
  assert.ok(best instanceof Uint32Array);
  assert.deepEqual([...best], [1, 0]);
  assert.equal(top.length, 2);
  plan.dispose();
});

test('an f16 output is refused', () => {
  const graph = new Graph();
  const half = cast(graph.input('x', [2]), 'f16');
  assert.throws(() => graph.output('y', half), isError(DTypeError, /output 'y' is f16; cast it to f32/));
});

test.run();
