import assert from 'node:assert/strict';
import { roundHalfEven, softmax } from '../../engine/numeric.js';
import { suite } from '../harness/suite.js';

const test = suite('engine: numeric functions on the CPU');

test('softmax sums to 1, keeps differences as ratios, and does not overflow', () => {
  const p = softmax(Float32Array.of(1000, 1001, 999));
  assert.ok(Math.abs(p.reduce((a, b) => a + b) - 1) < 1e-6);
  assert.ok(Math.abs(p[1]! / p[0]! - Math.E) < 1e-5);
  assert.ok(Math.abs(p[0]! / p[2]! - Math.E) < 1e-5);
  assert.equal(softmax(new Float32Array(0)).length, 0);
});

test('halves round to the even whole number, as in Python', () => {
  const pairs = [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [2.4, 2],
    [2.6, 3],
    [-2.6, -3],
  ] as const;
  for (const [x, rounded] of pairs) assert.equal(roundHalfEven(x) + 0, rounded, `${x}`);
});

test.run();
