/** WAV files, written. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeWav, writeWav } from '../../../model/media/wav.js';
import { suite } from '../../harness/suite.js';
import { readWav, scratch } from './clips.js';

const test = suite('media: WAV');

test('gives back float samples exactly and 16-bit samples to half a step', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(8000, 16000, 22050, 48000),
      (values, count, sampleRate) => {
        const channels = Array.from({ length: count }, (_, c) => Float32Array.from(values, (v) => v / (c + 1)));
        const exact = readWav(encodeWav(channels, sampleRate, 'float32'));
        assert.deepEqual(exact, { sampleRate, channels });
        const coarse = readWav(encodeWav(channels, sampleRate));
        for (const [c, channel] of channels.entries()) {
          for (const [i, v] of channel.entries()) assert.ok(Math.abs(coarse.channels[c]![i]! - v) <= 0.5001 / 32767);
        }
        // Writing again what was read changes nothing.
        assert.deepEqual(encodeWav(coarse.channels, sampleRate), encodeWav(channels, sampleRate));
      },
    ),
    { numRuns: 60 },
  );
});

test('clamps, and writes silence for NaN', () => {
  const { channels } = readWav(encodeWav([Float32Array.of(2, -2, Number.NaN, 0)], 16000));
  assert.deepEqual([...channels[0]!], [1, -1, 0, 0]);
});

test('writes a file that reads back', async () => {
  const path = scratch('written.wav');
  await writeWav(path, [Float32Array.of(0, 0.5, -0.5)], 16000);
  const { sampleRate, channels } = readWav(path);
  assert.equal(sampleRate, 16000);
  assert.equal(channels[0]!.length, 3);
});

test.run();
