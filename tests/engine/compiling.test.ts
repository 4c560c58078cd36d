/** The first run of a plan: told of while a driver compiles, and the same in its results as any other. */

import assert from 'node:assert/strict';
import { Graph, matmul, relu } from '../../engine/engine.js';
import { sharedEngine } from '../harness/engine.js';
import { noise } from '../harness/random.js';
import { suite } from '../harness/suite.js';

const test = suite('engine: first runs');

test('a first run in parts gives what a run in one piece gives, and what later runs give', async () => {
  const engine = await sharedEngine();
  const graph = new Graph();
  let x = graph.input('x', [8, 16]);
  for (let layer = 0; layer < 6; layer++) x = relu(matmul(x, graph.input(`w${layer}`, [16, 16])));
  graph.output('y', x);
  const inputs: Record<string, Float32Array> = { x: noise(128, 1) };
  for (let layer = 0; layer < 6; layer++) inputs[`w${layer}`] = noise(256, layer + 2);
  const told: [number, number][] = [];
  const gradual = await engine.compile(graph);
  const first = await gradual.run(inputs, { onCompiling: (done, total) => told.push([done, total]) });
  const whole = await (await engine.compile(graph)).run(inputs);
  assert.deepEqual(first, whole);
  assert.deepEqual(await gradual.run(inputs, { onCompiling: () => assert.fail('only the first run compiles') }), whole);
  for (const [done, total] of told) assert.ok(done <= total && total === gradual.program.steps.length);
});

test.run();
