import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assignSlots, type Lifetime } from '../../engine/passes/slots.js';
import { suite } from '../harness/suite.js';

const test = suite('engine: memory slots');

const lifetimes = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 1 << 20 }), first: fc.nat(60), length: fc.nat(12) })
    .map(({ bytes, first, length }): Lifetime => ({ bytes, first, last: first + length })),
  { minLength: 1, maxLength: 60 },
);

test('tensors that live at the same time never share a slot, and every slot is large enough', () => {
  fc.assert(
    fc.property(lifetimes, (lives) => {
      const { slots, assignment } = assignSlots(lives);
      for (const [i, a] of lives.entries()) {
        assert.ok(slots[assignment[i]!]! >= a.bytes);
        for (const [j, b] of lives.entries()) {
          if (i < j && assignment[i] === assignment[j]) assert.ok(a.last < b.first || b.last < a.first);
        }
      }
    }),
  );
});

test('the peak is never below the bytes alive at one step', () => {
  fc.assert(
    fc.property(lifetimes, (lives) => {
      const { peakBytes, lowerBound } = assignSlots(lives);
      for (let step = 0; step < 80; step++) {
        const alive = lives.filter((l) => l.first <= step && step <= l.last).reduce((sum, l) => sum + l.bytes, 0);
        assert.ok(alive <= lowerBound);
      }
      assert.ok(peakBytes >= lowerBound);
    }),
  );
});

test('a chain in which each tensor feeds the next needs two slots', () => {
  const chain = Array.from({ length: 20 }, (_, i): Lifetime => ({ bytes: 64, first: i, last: i + 1 }));
  const { slots } = assignSlots(chain);
  assert.equal(slots.length, 2);
});

test.run();
