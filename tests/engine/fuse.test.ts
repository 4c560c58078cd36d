import assert from 'node:assert/strict';
import {
  adamw,
  add,
  broadcastTo,
  Graph,
  gelu,
  linear,
  matmul,
  mul,
  reshape,
  scale,
  sigmoid,
  silu,
  sub,
  sum,
  type Tensor,
} from '../../engine/engine.js';
import { planProgram } from '../../engine/planner.js';
import { sharedEngine } from '../harness/engine.js';
import { noise, uniformSource } from '../harness/random.js';
import { suite } from '../harness/suite.js';

const test = suite('engine: fusion');

/** The ops of the fused program, in order. */
async function opsOf(build: (graph: Graph) => void): Promise<string[]> {
  const engine = await sharedEngine();
  const graph = new Graph();
  build(graph);
  return planProgram(graph, engine.profile).steps.map((s) => s.op);
}

test('a chain of elementwise operations is one kernel', async () => {
  const ops = await opsOf((g) => {
    const x = g.input('x', [4, 8]);
    g.output('y', mul(silu(add(x, g.input('b', [8]))), scale(x, 3)));
  });
  assert.deepEqual(ops, ['map']);
});

test('bias, activation and residual become the epilogue of a matrix product, through a reshape too', async () => {
  const ops = await opsOf((g) => {
    const x = g.input('x', [2, 5, 8]);
    const y = gelu(linear(x, g.input('w', [8, 8]), g.input('b', [8])));
    g.output('y', add(y, x));
  });
  assert.deepEqual(ops, ['matmul']);
});

test('a tensor that is read back or used twice is not fused away', async () => {
  const ops = await opsOf((g) => {
    const h = silu(g.input('x', [4, 8]));
    g.output('h', h);
    g.output('y', sigmoid(h));
    const twice = gelu(g.input('z', [4, 8]));
    g.output('sum', sum(mul(twice, sub(twice, 1))));
  });
  assert.equal(ops.filter((op) => op === 'map').length, 4);
});

test('what is broadcast costs no copy where it can fuse', async () => {
  const ops = await opsOf((g) => {
    const x = g.input('x', [6, 8]);
    g.output('y', mul(broadcastTo(sum(x, [0]), [6, 8]), x));
  });
  assert.deepEqual(ops.filter((op) => op === 'map').length, 1);
});

test('a read of a weight is not moved past its update', async () => {
  const engine = await sharedEngine();
  const graph = new Graph();
  const w = graph.variable('fuse.w', [4]);
  const before = scale(w, 2);
  const [m, v] = [graph.variable('fuse.m', [4]), graph.variable('fuse.v', [4])];
  const hyper = graph.constant(Float32Array.of(0.5, 0, 0, 1e-8, 0, 1, 1, 0, 1));
  adamw({ param: w, grad: graph.input('g', [4]), m, v }, hyper);
  graph.output('y', add(before, 1));
  engine.variables.write('fuse.w', { shape: [4], dtype: 'f32' }, Float32Array.of(1, 2, 3, 4));
  engine.variables.zero('fuse.m', { shape: [4], dtype: 'f32' });
  engine.variables.zero('fuse.v', { shape: [4], dtype: 'f32' });
  const plan = await engine.compile(graph);
  const { y } = await plan.run({ g: Float32Array.of(1, 1, 1, 1) });
  assert.deepEqual([...y!], [3, 5, 7, 9]);
  const after = (await engine.variables.read('fuse.w')) as Float32Array;
  assert.ok(Math.abs(after[0]! - 0.5) < 1e-6, 'the update did happen');
  plan.dispose();
  for (const name of ['fuse.w', 'fuse.m', 'fuse.v']) engine.variables.delete(name);
});

test('random networks give the same with and without fusion', async () => {
  const engine = await sharedEngine();
  const integers = (seed: number): ((n: number) => number) => {
    const uniform = uniformSource(seed);
    return (n) => Math.floor(n * uniform());
  };
  for (let round = 0; round < 12; round++) {
    const size = integers(round + 200);
    const shape = [1 + size(4), 1 + size(5), 4 * (1 + size(3)) + size(2)];
    const trace = (graph: Graph): void => {
      const int = integers(round + 300);
      const pool: Tensor[] = [
        graph.input('x', shape),
        graph.input('row', [shape[2]!]),
        graph.input('column', [shape[1]!, 1]),
      ];
      for (let i = 0; i < 10; i++) {
        const [a, b] = [pool[int(pool.length)]!, pool[int(pool.length)]!];
        const kind = int(6);
        if (kind === 0) pool.push(mul(a, sigmoid(b)));
        else if (kind === 1) pool.push(sub(a, b));
        else if (kind === 2) pool.push(silu(a));
        else if (kind === 3 && a.rank === 3) pool.push(reshape(reshape(a, [shape[0]! * shape[1]!, shape[2]!]), shape));
        else if (kind === 4 && a.rank === 3)
          pool.push(matmul(a, graph.constant(noise(shape[2]! ** 2, 5), [shape[2]!, shape[2]!])));
        else pool.push(add(a, scale(b, 0.5)));
      }
      for (const [i, t] of pool.slice(-3).entries()) graph.output(`y${i}`, t);
    };
    const results: Record<string, Float32Array>[] = [];
    for (const fusion of [true, false]) {
      const graph = new Graph();
      trace(graph);
      const plan = await engine.compile(graph, { fusion });
      const all: Record<string, Float32Array> = {
        x: noise(shape[0]! * shape[1]! * shape[2]!, round),
        row: noise(shape[2]!, round + 50),
        column: noise(shape[1]!, round + 90),
      };
      const inputs = Object.fromEntries(Object.entries(all).filter(([name]) => plan.program.inputs.has(name)));
      results.push(await plan.run(inputs));
      plan.dispose();
    }
    for (const [name, fused] of Object.entries(results[0]!)) {
      for (const [i, v] of fused.entries()) {
        const w = results[1]![name]![i]!;
        assert.ok(Math.abs(v - w) <= 1e-4 * (1 + Math.abs(w)), `round ${round} ${name}[${i}]: ${v} against ${w}`);
      }
    }
  }
});

test.run();
