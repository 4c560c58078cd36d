import assert from 'node:assert/strict';
import { add, Graph } from '../../../engine/engine.js';
import {
  convNextStack,
  convolve1d,
  convolve2d,
  initialValues,
  linear,
  type ParameterSpec,
  Parameters,
  PlanCache,
  upsample1d,
} from '../../../model/networks/index.js';
import { guestEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: layers and parameters');

test('layers give the shapes that they state, and name their parameters by the path', () => {
  const graph = new Graph();
  const p = new Parameters(graph);
  const x = graph.input('x', [2, 12, 8]);
  assert.deepEqual(linear(p, 'linear', x, 5, { bias: false }).shape, [2, 12, 5]);
  assert.deepEqual(convolve1d(p, 'same', x, 6, { kernel: 5, dilation: 2 }).shape, [2, 12, 6]);
  assert.deepEqual(convolve1d(p, 'strided', x, 6, { kernel: 4, stride: 4, padding: 0 }).shape, [2, 3, 6]);
  assert.deepEqual(upsample1d(p, 'up', x, 3, 4).shape, [2, 48, 3]);
  assert.deepEqual(p.in('block', () => convNextStack(p, 'next', x, 2)).shape, x.shape);
  const image = graph.input('image', [1, 7, 7, 4]);
  assert.deepEqual(convolve2d(p, 'depthwise', image, 4, { kernel: [3, 3], stride: 2, groups: 4 }).shape, [1, 4, 4, 4]);
  assert.equal(p.specs.has('linear.bias'), false);
  assert.deepEqual(p.specs.get('block.next1.widen.weight')!.shape, [8, 24]);
});

test('depthwise kernels stay f32 where other weights are f16, and only matrices and kernels decay', () => {
  const graph = new Graph();
  const p = new Parameters(graph, { weights: 'f16' });
  const image = graph.input('image', [1, 8, 8, 4]);
  convolve2d(p, 'dense', image, 4, { kernel: [3, 3] });
  convolve2d(p, 'depthwise', image, 4, { kernel: [3, 3], groups: 4 });
  const storage = (name: string): string => p.specs.get(name)!.storage;
  assert.deepEqual(['dense.weight', 'depthwise.weight', 'dense.bias'].map(storage), ['f16', 'f32', 'f32']);
  assert.deepEqual(
    [...p.specs.values()].filter((spec) => spec.decays).map((spec) => spec.name),
    ['dense.weight', 'depthwise.weight'],
  );
});

test('parameters are initialized as their kind says', () => {
  const spec = { name: 'w', shape: [4, 500], storage: 'f32', decays: false } as const;
  let state = 1;
  const uniform = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  const values = (initial: ParameterSpec['initial']): Float32Array => initialValues({ ...spec, initial }, uniform);
  assert.ok(values({ kind: 'zeros' }).every((x) => x === 0));
  assert.ok(values({ kind: 'ones' }).every((x) => x === 1));
  assert.ok(values({ kind: 'value', value: 0.25 }).every((x) => x === 0.25));
  const bounded = values({ kind: 'fanIn', fan: 16 });
  assert.ok(bounded.every((x) => Math.abs(x) <= 1 / 4) && bounded.some((x) => Math.abs(x) > 0.2));
  const normal = values({ kind: 'normal', deviation: 0.5 });
  const variance = normal.reduce((sum, x) => sum + x * x, 0) / normal.length;
  assert.ok(Math.abs(Math.sqrt(variance) - 0.5) < 0.05, `deviation ${Math.sqrt(variance)}`);
});

test('a plan is compiled once a name, and anew after the cache was disposed', async () => {
  const plans = new PlanCache(await guestEngine());
  let traced = 0;
  const trace = (p: Parameters): void => {
    traced++;
    p.graph.output('y', p.graph.input('x', [4]));
  };
  const [first, second] = await Promise.all([plans.get('a', trace), plans.get('a', trace)]);
  assert.equal(first, second);
  assert.equal(traced, 1);
  await plans.dispose();
  await plans.get('a', trace);
  assert.equal(traced, 2);
  await plans.dispose();
});

test('a compile that fails is tried again, and does not keep the cache from being disposed', async () => {
  const engine = await guestEngine();
  const plans = new PlanCache(engine);
  const identity =
    (size: number) =>
    (p: Parameters): void =>
      void p.graph.output('y', add(p.graph.input('x', [size]), 1));
  await assert.rejects(plans.get('a', identity(2 ** 34)));
  const plan = await plans.get('a', identity(4));
  assert.deepEqual(await plan.run({ x: Float32Array.of(1, 2, 3, 4) }), { y: Float32Array.of(2, 3, 4, 5) });
  await plans.dispose();
});

test.run();
