import assert from 'node:assert/strict';
import fc from 'fast-check';
import { WindowAverage, windowStarts, windowWeights } from '../../../model/samplers/windows.js';
import { suite } from '../../harness/suite.js';

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

test('windows of a whole join to that whole again, and where two differ the average lies between', () => {
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 3 }), ({ total, window, overlap }, perRow) => {
      const whole = Float64Array.from({ length: total * perRow }, (_, i) => Math.sin(i));
      const [same, shifted] = [0, 1].map(() => new WindowAverage(total, perRow, { window, overlap }));
      for (const [w, start] of windowStarts(total, window, overlap).entries()) {
        const part = whole.subarray(start * perRow, (start + window) * perRow);
        same!.add(start, part);
        shifted!.add(
          start,
          part.map((v) => v + w),
        );
      }
      const [a, b] = [same!.average(), shifted!.average()];
      const last = windowStarts(total, window, overlap).length - 1;
      for (const [i, v] of whole.entries()) {
        assert.ok(Math.abs(a[i]! - v) < 1e-12);
        assert.ok(b[i]! >= v - 1e-9 && b[i]! <= v + last + 1e-9);
      }
    }),
  );
});

test('an overlap as long as the window is refused', () => {
  assert.throws(() => windowStarts(10, 4, 4), /overlap 4/);
});

test.run();
