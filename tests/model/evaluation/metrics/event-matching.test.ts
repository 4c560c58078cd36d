import assert from 'node:assert/strict';
import fc from 'fast-check';
import { f1, matchEvents, pooledF1, type ReferenceEvent } from '../../../../model/evaluation/metrics/event-matching.js';
import { suite } from '../../../harness/suite.js';

const test = suite('event matching');
const times = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 });
const events = fc.array(fc.record({ time: fc.integer({ min: 0, max: 40 }), optional: fc.boolean() }), { maxLength: 6 });

interface Value {
  hits: number;
  forgiven: number;
  error: number;
}

const better = (a: Value, b: Value): boolean =>
  a.hits !== b.hits ? a.hits > b.hits : a.forgiven !== b.forgiven ? a.forgiven > b.forgiven : a.error < b.error;

/** The truth, by trying every pairing in any order. */
function bestOf(predicted: readonly number[], actual: readonly ReferenceEvent[], tolerance: number): Value {
  if (predicted.length === 0) return { hits: 0, forgiven: 0, error: 0 };
  const [first = 0, ...rest] = predicted;
  let best = bestOf(rest, actual, tolerance);
  actual.forEach(({ time, optional }, i) => {
    const error = Math.abs(first - time);
    if (error > tolerance) return;
    const others = bestOf(rest, actual.toSpliced(i, 1), tolerance);
    const value = {
      hits: others.hits + (optional ? 0 : 1),
      forgiven: others.forgiven + (optional ? 1 : 0),
      error: others.error + error,
    };
    if (better(value, best)) best = value;
  });
  return best;
}

test('first as many pairs as any pairing has, then the least error, with optional events after demanded ones', () => {
  fc.assert(
    fc.property(times, events, fc.integer({ min: 0, max: 9 }), (predicted, actual, tolerance) => {
      const { hits, pairs, ...counts } = matchEvents(predicted, actual, tolerance);
      const truth = bestOf(predicted, actual, tolerance);
      assert.equal(hits, truth.hits);
      assert.equal(pairs.length - hits, truth.forgiven);
      assert.equal(
        pairs.reduce((sum, { error }) => sum + Math.abs(error), 0),
        truth.error,
      );
      assert.deepEqual(counts, {
        predicted: predicted.length - truth.forgiven,
        actual: actual.filter(({ optional }) => !optional).length,
      });
    }),
    { numRuns: 300 },
  );
});

test('pairs are one to one, in order of time, and say what was paired', () => {
  fc.assert(
    fc.property(times, events, fc.integer({ min: 0, max: 9 }), (predicted, actual, tolerance) => {
      const { pairs } = matchEvents(predicted, actual, tolerance);
      assert.equal(new Set(pairs.map((pair) => pair.predicted)).size, pairs.length);
      assert.equal(new Set(pairs.map((pair) => pair.actual)).size, pairs.length);
      for (const [i, pair] of pairs.entries()) {
        const event = actual[pair.actual]!;
        assert.equal(pair.error, predicted[pair.predicted]! - event.time);
        assert.equal(pair.optional, event.optional);
        if (i === 0) continue;
        assert.ok(predicted[pair.predicted]! >= predicted[pairs[i - 1]!.predicted]!);
        assert.ok(event.time >= actual[pairs[i - 1]!.actual]!.time);
      }
    }),
    { numRuns: 200 },
  );
});

test('long lists are matched too, whichever comes first', () => {
  const a = Array.from({ length: 3000 }, (_, i) => i + 0.3 * Math.sin(i * i));
  const b = Array.from({ length: 3000 }, (_, i) => i);
  const { hits, pairs } = matchEvents(a, b, 0.31);
  assert.equal(hits, 3000);
  for (const pair of pairs) assert.equal(pair.predicted, pair.actual);
  assert.equal(matchEvents(b, a, 0.2).hits, matchEvents(a, b, 0.2).hits);
});

test('each time counts once', () => {
  assert.equal(matchEvents([1, 1.01, 1.02], [1], 0.05).hits, 1);
  assert.equal(f1(matchEvents([1, 1.01, 1.02], [1], 0.05)), 0.5);
});

test('an error of just the tolerance is within it, whatever rounding does', () => {
  for (const time of [0.1, 1, 2.3, 17.7]) assert.equal(matchEvents([time + 0.05], [time], 0.05).hits, 1);
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

test.run();
