import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { f1, matchEvents, pooledF1 } from '../../../../model/evaluation/metrics/event-matching.js';
import { shuffled } from '../../../../model/evaluation/systems/controls.js';
import { suite } from '../../../harness/suite.js';

const test = suite('onset F1');
const times = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 7 });

/** The truth, by trying every pairing. */
function mostPairs(a: number[], b: number[], tolerance: number): number {
  if (a.length === 0) return 0;
  const [first = 0, ...rest] = a;
  let best = mostPairs(rest, b, tolerance);
  b.forEach((time, i) => {
    if (Math.abs(first - time) <= tolerance) best = Math.max(best, 1 + mostPairs(rest, b.toSpliced(i, 1), tolerance));
  });
  return best;
}

test('as many pairs as any pairing has, whichever list comes first', () => {
  fc.assert(
    fc.property(times, times, fc.integer({ min: 0, max: 6 }), (a, b, tolerance) => {
      const { hits } = matchEvents(a, b, tolerance);
      assert.equal(hits, mostPairs(a, b, tolerance));
      assert.equal(matchEvents(b, a, tolerance).hits, hits);
    }),
    { numRuns: 200 },
  );
});

test('each time counts once', () => {
  assert.equal(matchEvents([1, 1.01, 1.02], [1], 0.05).hits, 1);
  assert.equal(f1(matchEvents([1, 1.01, 1.02], [1], 0.05)), 0.5);
});

test('the same is 1, nothing against something 0, nothing against nothing 1', () => {
  fc.assert(fc.property(times, (a) => assert.equal(f1(matchEvents(a, a, 0)), 1)));
  assert.equal(f1(matchEvents([], [1], 1)), 0);
  assert.equal(f1(matchEvents([1], [], 1)), 0);
  assert.equal(f1(matchEvents([], [], 1)), 1);
});

test('pooling weighs times, not clips', () => {
  const matches = [
    { hits: 9, predicted: 10, actual: 10 },
    { hits: 0, predicted: 0, actual: 2 },
  ];
  assert.equal(pooledF1(matches), 18 / 22);
  assert.equal(pooledF1([]), 1);
});

test('the shuffled control keeps every prediction and moves each', () => {
  assert.deepEqual(shuffled(['a', 'b', 'c']), ['b', 'c', 'a']);
  assert.deepEqual(shuffled(['a', 'b', 'c'], -1), ['c', 'a', 'b']);
  assert.throws(() => shuffled(['a']), EvaluationError);
  assert.throws(() => shuffled(['a', 'b'], 4), /pairs each with itself/);
});

test.run();
