import assert from 'node:assert/strict';
import fc from 'fast-check';
import { add, Graph, mul, sum } from '../../../engine/engine.js';
import { type ParameterSpec, Parameters } from '../../../model/networks/index.js';
import {
  addOptimizer,
  hyperInputs,
  initializeOptimizer,
  learningRateAt,
  type OptimizerOptions,
} from '../../../model/training/optimizer.js';
import { countOf } from '../../../weights/index.js';
import { guestEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';

const test = suite('optimizer');
const options: OptimizerOptions = {
  learningRate: 0.1,
  warmup: 10,
  steps: 100,
  betas: [0.9, 0.999],
  weightDecay: 0.01,
  clipNorm: 1,
  emaDecay: 0.99,
};

test('the learning rate rises over the warm-up, then falls along a cosine to its floor of 1 %', () => {
  const rates = Array.from({ length: options.steps }, (_, step) => learningRateAt(step, options));
  for (const [step, rate] of rates.entries()) {
    const cosine = 0.5 + 0.5 * Math.cos((Math.PI * step) / 100);
    assert.ok(Math.abs(rate - (0.1 * Math.min(1, (step + 1) / 10) * cosine + 0.001)) < 1e-12, `step ${step}`);
  }
  assert.ok(Math.abs(rates[0]! - 0.011) < 1e-9);
  assert.equal(rates.indexOf(Math.max(...rates)), 9, 'the highest rate is at the end of the warm-up');
  assert.ok(rates[99]! > 0.001 && rates[99]! < 0.0011);
});

test('any schedule stays above its floor and below its peak, and never rises after the warm-up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 200 }), (warmup, steps) => {
      const rates = Array.from({ length: steps }, (_, step) => learningRateAt(step, { ...options, warmup, steps }));
      for (const [step, rate] of rates.entries()) {
        assert.ok(rate > 0.001 && rate <= 0.101 + 1e-12);
        if (step >= Math.max(1, warmup)) assert.ok(rate <= rates[step - 1]!);
      }
    }),
  );
});

test('the inputs of a step are those of AdamW: rates, betas, bias corrections, warm-up of the EMA', () => {
  const first = hyperInputs(0, options);
  const close = (found: Float32Array, expected: number[]): void => {
    assert.equal(found.length, expected.length);
    for (const [i, value] of expected.entries()) assert.ok(Math.abs(found[i]! - value) < 1e-7, `${i}: ${found[i]}`);
  };
  close(first['hyper.decayed'] as Float32Array, [0.011, 0.9, 0.999, 1e-8, 0.01, 0.1, 0.001, 0.1, 1]);
  close(first['hyper.plain'] as Float32Array, [0.011, 0.9, 0.999, 1e-8, 0, 0.1, 0.001, 0.1, 1]);
  const late = hyperInputs(5000, options)['hyper.plain'] as Float32Array;
  close(late.subarray(5, 8), [1, 1 - 0.999 ** 5001, 0.99]);
});

/** One step on the loss Σ coefficients · weights, with a matrix beside them whose gradient is 0; the state after it. */
async function oneStep(coefficients: number[], clipNorm: number): Promise<Record<string, number[]>> {
  const engine = await guestEngine();
  const graph = new Graph();
  const p = new Parameters(graph);
  const shape = [coefficients.length];
  const weights = p.get('w', shape, { kind: 'zeros' });
  const matrix = p.get('matrix', [1, 1], { kind: 'fanIn', fan: 1 });
  const slope = sum(mul(weights, graph.constant(Float32Array.from(coefficients), shape)));
  const loss = add(slope, mul(sum(matrix), graph.constant(Float32Array.of(0), [])));
  const trained: ParameterSpec[] = [...p.specs.values()];
  graph.output('norm', addOptimizer(p, loss, trained, { ...options, clipNorm }));
  const initial = new Map(trained.map((spec) => [spec.name, new Float32Array(countOf(spec.shape)).fill(0.5)]));
  for (const { name, shape } of trained) engine.variables.write(name, { shape, dtype: 'f32' }, initial.get(name)!);
  initializeOptimizer(engine.variables, trained, initial);
  const plan = await engine.compile(graph);
  const { norm } = await plan.run(hyperInputs(0, options));
  plan.dispose();
  const state: Record<string, number[]> = { norm: [...norm!] };
  for (const name of ['w', 'matrix', 'adam.m.w', 'adam.v.w', 'ema.w'])
    state[name] = [...(await engine.variables.read(name))];
  return state;
}

function assertClose(found: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(found.length, expected.length);
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(found[i]! - value) < 1e-5 + 1e-4 * Math.abs(value), `${what}: ${found}; expected ${expected}`);
  }
}

test('a gradient above the clipping norm is scaled down to it; the norm that is reported is that before', async () => {
  const { norm, ...state } = await oneStep([3, 4], 1);
  assertClose(norm!, [5], 'norm');
  assertClose(state['adam.m.w']!, [0.06, 0.08], 'first moment');
  assertClose(state['adam.v.w']!, [0.00036, 0.00064], 'second moment');
});

test('a gradient below it is left as it is; the first step is as long as the learning rate, the EMA follows, matrices decay', async () => {
  const state = await oneStep([0.3, -0.4], 1);
  assertClose(state.norm!, [0.5], 'norm');
  assertClose(state['adam.m.w']!, [0.03, -0.04], 'first moment');
  const stepped = [0.5 - 0.011, 0.5 + 0.011];
  const [w, ema] = [state.w!, state['ema.w']!];
  for (const [i, value] of stepped.entries()) assert.ok(Math.abs(w[i]! - value) < 1e-4, `${w}`);
  assertClose(
    ema,
    w.map((value) => 0.1 * 0.5 + 0.9 * value),
    'EMA',
  );
  assert.ok(Math.abs(state.matrix![0]! - 0.5 * (1 - 0.011 * 0.01)) < 1e-7, `${state.matrix}`);
});

test.run();
