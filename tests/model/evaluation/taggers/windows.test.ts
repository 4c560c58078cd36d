import assert from 'node:assert/strict';
import fc from 'fast-check';
import { soundWindows } from '../../../../model/evaluation/taggers/windows.js';
import { suite } from '../../../harness/suite.js';

const test = suite('taggers: windows of a sound');

const counting = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i + 1);

test('a short sound is one window, with zeros behind it up to a whole number of steps', () => {
  assert.deepEqual(soundWindows(counting(3), { longest: 8, step: 2 }), [Float32Array.of(1, 2, 3, 0)]);
  assert.deepEqual(soundWindows(counting(4), { longest: 8, step: 2 }), [counting(4)]);
  assert.deepEqual(soundWindows(counting(8), { longest: 8, step: 2 }), [counting(8)]);
});

test('a long one is covered evenly, and nothing is padded', () => {
  assert.deepEqual(
    soundWindows(counting(11), { longest: 4, step: 2 }).map((window) => [...window]),
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [8, 9, 10, 11],
    ],
  );
});

test('every sample is heard, in windows of one length', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 9 }), (length, steps) => {
      const windows = soundWindows(counting(length), { longest: 10 * steps, step: 10 });
      const heard = new Set(windows.flatMap((window) => [...window]));
      for (let i = 1; i <= length; i++) assert.ok(heard.has(i));
      assert.equal(new Set(windows.map((window) => window.length)).size, 1);
      assert.ok(windows[0]!.length <= 10 * steps && windows[0]!.length % 10 === 0);
    }),
  );
});

test.run();
