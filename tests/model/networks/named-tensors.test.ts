import assert from 'node:assert/strict';
import { channelsFirst, channelsLast, namedInput, StageInputError } from '../../../model/networks/index.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: named tensors');

test('channels move behind the rows and columns, and back', () => {
  const data = Float32Array.from({ length: 2 * 3 * 2 * 2 }, (_, i) => i);
  const last = channelsLast({ shape: [2, 3, 2, 2], data });
  // Element [b, y, x, c] is element [b, c, y, x] of the input.
  assert.deepEqual([...last.subarray(0, 6)], [0, 4, 8, 1, 5, 9]);
  assert.deepEqual(channelsFirst(last, [2, 2, 2, 3]), { shape: [2, 3, 2, 2], data });
});

test('an input is given when its shape fits, with letters for any size', () => {
  const tensor = { shape: [2, 3, 5], data: new Float32Array(30) };
  const inputs = new Map([['x', tensor]]);
  assert.equal(namedInput(inputs, 'x', ['B', 3, 'T']), tensor);
  const fault = (message: RegExp) => (error: unknown) =>
    error instanceof StageInputError && message.test(error.message);
  assert.throws(
    () => namedInput(inputs, 'x', ['B', 4, 'T']),
    fault(/'x' has shape \[2, 3, 5\]; \[B, 4, T\] is expected/),
  );
  assert.throws(() => namedInput(inputs, 'x', ['B', 3]), fault(/is expected/));
  assert.throws(() => namedInput(inputs, 'y', [1]), fault(/no 'y' \[1\]; it has x/));
  assert.throws(() => namedInput(new Map(), 'y', [1]), fault(/it has nothing/));
});

test.run();
