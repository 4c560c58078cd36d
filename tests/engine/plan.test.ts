import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  add,
  createEngine,
  DeviceLostError,
  type Engine,
  Graph,
  gradients,
  linear,
  matmul,
  mean,
  mul,
  PlanInputError,
  reshape,
  ShapeError,
  scale,
  silu,
  square,
  sub,
  type Tensor,
} from '../../engine/engine.js';
import { sharedEngine } from '../harness/engine.js';
import { noise } from '../harness/random.js';
import { suite } from '../harness/suite.js';

const test = suite('engine: plans');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A two-layer network whose loss has gradients for everything, with odd sizes. */
function network(graph: Graph): { loss: Tensor; weights: Tensor[] } {
  const x = graph.input('x', [5, 7, 9]);
  const w1 = graph.variable('w1', [9, 12]);
  const b1 = graph.variable('b1', [12]);
  const w2 = graph.variable('w2', [12, 3]);
  const hidden = silu(linear(x, w1, b1));
  const loss = mean(square(sub(matmul(reshape(hidden, [35, 12]), w2), graph.input('target', [35, 3]))));
  return { loss, weights: [w1, b1, w2] };
}

const SHAPES: Record<string, number[]> = { w1: [9, 12], b1: [12], w2: [12, 3] };

function writeWeights(engine: Engine): void {
  for (const [name, shape] of Object.entries(SHAPES)) {
    engine.variables.write(
      name,
      { shape, dtype: 'f32' },
      noise(
        shape.reduce((a, b) => a * b, 1),
        name.length,
      ),
    );
  }
}

test('a fused, replayed plan gives what the traced nodes give one by one', async () => {
  const engine = await sharedEngine();
  writeWeights(engine);
  const inputs = { x: noise(315, 3), target: noise(105, 4) };
  const results = [];
  for (const fusion of [true, false]) {
    const graph = new Graph();
    const { loss, weights } = network(graph);
    graph.output('loss', loss);
    for (const [i, g] of gradients(loss, weights).entries()) graph.output(`g${i}`, g);
    const plan = await engine.compile(graph, {
      fusion,
      force: fusion ? {} : { matmul: 'naive', map: 'naive', reduce: 'naive' },
    });
    await plan.run(inputs);
    results.push(await plan.run(inputs));
    plan.dispose();
  }
  for (const name of ['loss', 'g0', 'g1', 'g2']) close(results[0]![name]!, results[1]![name]!, 1e-5);
});

test('30 steps of training by replay follow the same steps computed in f64', async () => {
  const engine = await sharedEngine();
  writeWeights(engine);
  const graph = new Graph();
  const { loss, weights } = network(graph);
  const grads = gradients(loss, weights);
  graph.output('loss', loss);
  // Plain descent: new weights come back and are written again, so that nothing but the gradients is under test.
  for (const [i, w] of weights.entries()) graph.output(`w${i}`, sub(w, scale(grads[i]!, 0.3)));
  const plan = await engine.compile(graph);
  const reference = Object.fromEntries(
    Object.entries(SHAPES).map(([name, s]) => [
      name,
      Float64Array.from(
        noise(
          s.reduce((a, b) => a * b, 1),
          name.length,
        ),
      ),
    ]),
  ) as Record<'w1' | 'b1' | 'w2', Float64Array>;
  for (let step = 0; step < 30; step++) {
    const x = noise(315, 100 + step);
    const target = noise(105, 200 + step);
    const out = await plan.run({ x, target });
    for (const [i, name] of ['w1', 'b1', 'w2'].entries()) {
      engine.variables.write(name, { shape: SHAPES[name]!, dtype: 'f32' }, out[`w${i}`]!);
    }
    const expected = descend(reference, x, target);
    assert.ok(
      Math.abs(out.loss![0]! - expected) <= 1e-4 * expected,
      `step ${step}: ${out.loss![0]} against ${expected}`,
    );
  }
  plan.dispose();
});

/** One step of the same network by hand in f64; updates the weights and gives the loss. */
function descend(p: Record<'w1' | 'b1' | 'w2', Float64Array>, x: Float32Array, target: Float32Array): number {
  const g = { w1: new Float64Array(108), b1: new Float64Array(12), w2: new Float64Array(36) };
  let loss = 0;
  for (let row = 0; row < 35; row++) {
    const pre = Array.from({ length: 12 }, (_, j) => {
      let sum = p.b1[j]!;
      for (let k = 0; k < 9; k++) sum += x[row * 9 + k]! * p.w1[k * 12 + j]!;
      return sum;
    });
    const s = pre.map((v) => 1 / (1 + Math.exp(-v)));
    const gh = new Float64Array(12);
    for (let o = 0; o < 3; o++) {
      let y = 0;
      for (let j = 0; j < 12; j++) y += pre[j]! * s[j]! * p.w2[j * 3 + o]!;
      const error = y - target[row * 3 + o]!;
      loss += error ** 2 / 105;
      for (let j = 0; j < 12; j++) {
        g.w2[j * 3 + o]! += (2 * error * pre[j]! * s[j]!) / 105;
        gh[j]! += (2 * error * p.w2[j * 3 + o]!) / 105;
      }
    }
    for (let j = 0; j < 12; j++) {
      const slope = gh[j]! * s[j]! * (1 + pre[j]! * (1 - s[j]!));
      g.b1[j]! += slope;
      for (let k = 0; k < 9; k++) g.w1[k * 12 + j]! += slope * x[row * 9 + k]!;
    }
  }
  for (const name of ['w1', 'b1', 'w2'] as const)
    for (let i = 0; i < p[name].length; i++) p[name][i]! -= 0.3 * g[name][i]!;
  return loss;
}

test('missing, unknown and mis-sized inputs are named', async () => {
  const engine = await sharedEngine();
  const graph = new Graph();
  graph.output('y', scale(graph.input('x', [4]), 2));
  const plan = await engine.compile(graph);
  await assert.rejects(
    plan.run({}),
    (e: Error) => e instanceof PlanInputError && /input 'x'.*is missing/.test(e.message),
  );
  await assert.rejects(plan.run({ x: new Float32Array(3) }), /4 elements; found 3/);
  await assert.rejects(plan.run({ x: new Float32Array(4), z: new Float32Array(1) }), /no input 'z'/);
  await assert.rejects(plan.run({ x: new Float32Array(4) }, { read: ['q'] }), /no output 'q'/);
  plan.dispose();
});

test('a variable that was never written is refused by name', async () => {
  const engine = await sharedEngine();
  const graph = new Graph();
  graph.output('y', add(graph.variable('never-written', [3]), 1));
  const plan = await engine.compile(graph);
  await assert.rejects(plan.run(), /variable 'never-written' was never written/);
  plan.dispose();
});

test('a shape error names the op, its operands and the module path', () => {
  const graph = new Graph();
  const a = graph.input('a', [2, 3]);
  const b = graph.input('b', [4, 5]);
  assert.throws(
    () => graph.scope('decoder', () => graph.scope('block0', () => matmul(a, b))),
    (e: Error) =>
      e instanceof ShapeError &&
      /matmul\(.*2×3.*4×5.*\) in decoder\/block0: the inner sizes 3 and 4 differ/.test(e.message),
  );
});

test('an aborted signal stops a run with its reason', async () => {
  const engine = await sharedEngine();
  const graph = new Graph();
  graph.output('y', scale(graph.input('x', [4]), 2));
  const plan = await engine.compile(graph);
  await assert.rejects(plan.run({ x: new Float32Array(4) }, { signal: AbortSignal.abort(new Error('stop')) }), /stop/);
  plan.dispose();
});

test('a run leaves nothing behind that the garbage collector cannot take', async () => {
  const engine = await sharedEngine();
  const graph = new Graph();
  graph.output('y', scale(graph.input('x', [4]), 2));
  const plan = await engine.compile(graph);
  const heapAfter = async (runs: number): Promise<number> => {
    for (let i = 0; i < runs; i++) await plan.run({ x: new Float32Array(4) });
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(500);
  const kept = ((await heapAfter(2000)) - before) / 2000;
  assert.ok(kept < 50, `${kept.toFixed(0)} bytes a run stay`);
  plan.dispose();
});

test('after the device was lost, runs reject by name and the engine rebuilds once from the weights', async () => {
  const engine = await createEngine();
  const graph = new Graph();
  graph.output('y', mul(graph.input('x', [3]), graph.variable('w', [3])));
  const restore = (): void => engine.variables.write('w', { shape: [3], dtype: 'f32' }, Float32Array.of(1, 2, 3));
  restore();
  const plan = await engine.compile(graph);
  const x = Float32Array.of(1, 1, 1);
  assert.deepEqual([...(await plan.run({ x })).y!], [1, 2, 3]);
  engine.device.destroy();
  await assert.rejects(plan.run({ x }), DeviceLostError);
  await engine.rebuild(restore);
  assert.deepEqual([...(await plan.run({ x })).y!], [1, 2, 3]);
  engine.device.destroy();
  await assert.rejects(engine.rebuild(restore), /lost a second time/);
  engine.dispose();
});

test('an injected device is used and not destroyed', async () => {
  const owner = await sharedEngine();
  const guest = await createEngine({ device: owner.device });
  const graph = new Graph();
  graph.output('y', add(graph.input('x', [2]), 1));
  const plan = await guest.compile(graph);
  assert.deepEqual([...(await plan.run({ x: Float32Array.of(1, 2) })).y!], [2, 3]);
  plan.dispose();
  guest.dispose();
  const again = await owner.compile(graph);
  assert.deepEqual([...(await again.run({ x: Float32Array.of(3, 4) })).y!], [4, 5]);
  again.dispose();
});

function close(a: Float32Array, b: Float32Array, tolerance: number): void {
  assert.equal(a.length, b.length);
  let error = 0;
  let size = 0;
  for (let i = 0; i < a.length; i++) {
    error += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  assert.ok(error <= tolerance ** 2 * size, `relative error ${Math.sqrt(error / size)}`);
}

test.run();
