import assert from 'node:assert/strict';
import fc from 'fast-check';
import { windowStarts, windowWeights } from '../../model/windows.js';
import { suite } from '../harness/suite.js';

const test = suite('model: windows');

const lengths = fc
  .record({
    total: fc.integer({ min: 1, max: 5000 }),
    window: fc.integer({ min: 2, max: 300 }),
    share: fc.double({ min: 0, max: 0.9, noNaN: true }),
  })
  .map(({ total, window, share }) => ({ total, window, overlap: Math.floor(share * (window - 1)) }));

test('windows cover every frame, lie inside, and share at least the overlap', () => {
  fc.assert(
    fc.property(lengths, ({ total, window, overlap }) => {
      const starts = windowStarts(total, window, overlap);
      assert.equal(starts[0], 0);
      assert.ok(starts.at(-1)! + window >= total);
      if (total > window) assert.equal(starts.at(-1), total - window);
      for (const [i, start] of starts.entries()) {
        if (i > 0) assert.ok(start > starts[i - 1]! && start <= starts[i - 1]! + window - overlap);
      }
    }),
  );
});

test('weights are positive, symmetric and 1 inside', () => {
  const weights = windowWeights(100, 25);
  assert.equal(weights[50], 1);
  assert.ok(weights.every((w, i) => w > 0 && w === weights[99 - i]));
});

test('an overlap as long as the window is refused', () => {
  assert.throws(() => windowStarts(10, 4, 4), /overlap 4/);
});

test.run();
