/** Loudness figures of an evaluation, beside ffmpeg's ebur128. */

import assert from 'node:assert/strict';
import { measureLoudness } from '../../../../model/evaluation/metrics/loudness.js';
import { noise } from '../../../harness/random.js';
import { suite } from '../../../harness/suite.js';
import { ffmpegLoudness } from '../../media/ffmpeg-loudness.js';

const test = suite('evaluation: loudness');

function sine(seconds: number, hz: number, level: number, rate: number): Float32Array {
  return Float32Array.from({ length: seconds * rate }, (_, i) => level * Math.sin((2 * Math.PI * hz * i) / rate));
}

/** Decaying noise once a second, quieter each time. */
function hits(seconds: number, rate: number): Float32Array {
  return noise(seconds * rate, 5).map((v, i) => {
    const second = Math.floor(i / rate);
    return v * 0.5 ** second * Math.exp((-8 * (i % rate)) / rate);
  });
}

/** Meters differ in their filter near half the rate, so no sound is loud there. */
const dull = (samples: Float32Array): Float32Array => samples.map((v, i) => 0.5 * (v + (samples[i - 1] ?? 0)));

test('agrees with ffmpeg to 0.1 LU at any rate, and in true peak to 0.3 dB', async () => {
  const sounds: [name: string, rate: number, samples: Float32Array][] = [
    ['a tone of 1 kHz', 48_000, sine(4, 1000, 0.1, 48_000)],
    ['a low tone', 44_100, sine(4, 60, 0.5, 44_100)],
    ['noise', 22_050, dull(noise(22_050 * 5).map((v) => 0.2 * v))],
    ['hits that fade', 44_100, dull(hits(6, 44_100))],
    [
      'noise, silence, quiet noise',
      16_000,
      noise(16_000 * 9, 2).map((v, i) => v * [0.3, 0, 0.02][Math.floor(i / 48_000)]!),
    ],
  ];
  for (const [name, rate, samples] of sounds) {
    const own = measureLoudness(samples, rate);
    const { loudness, peak } = await ffmpegLoudness(samples, rate);
    assert.ok(Math.abs(own.integrated! - loudness) <= 0.1, `${name}: ${own.integrated} instead of ${loudness} LUFS`);
    assert.ok(Math.abs(own.truePeak! - peak) <= 0.3, `${name}: ${own.truePeak} instead of ${peak} dBTP`);
  }
});

test('the loudness range is that of the test signals of EBU Tech 3342, section 5', () => {
  for (const [first, second, range] of [
    [-20, -30, 10],
    [-20, -15, 5],
    [-40, -20, 20],
  ] as const) {
    const levels = [first, second].map((level) => sine(20, 1000, 10 ** (level / 20), 8000));
    const found = measureLoudness(Float32Array.from(levels.flatMap((part) => [...part])), 8000).range!;
    assert.ok(Math.abs(found - range) <= 0.2, `${found} instead of ${range} LU`);
  }
});

test('a full-scale sine of 1 kHz has −3 LUFS, 0 dBTP and no range', () => {
  const { integrated, truePeak, range } = measureLoudness(sine(5, 997, 1, 48_000), 48_000);
  assert.ok(Math.abs(integrated! + 3.01) < 0.05 && Math.abs(truePeak!) < 0.05 && range! < 0.01);
});

test('counts samples at full scale', () => {
  const clipped = sine(1, 100, 2, 16_000).map((v) => Math.max(-1, Math.min(1, v)));
  // |sin| exceeds a half in two thirds of a period.
  assert.ok(Math.abs(measureLoudness(clipped, 16_000).clipped - 2 / 3) < 0.01);
  assert.equal(measureLoudness(Float32Array.of(32_767 / 32_768, -1, 0.99, 0), 16_000).clipped, 0.5);
  assert.equal(measureLoudness(sine(1, 100, 0.9, 16_000), 16_000).clipped, 0);
});

test('silence and what is too short have no loudness', () => {
  const none = { integrated: null, range: null, truePeak: null, clipped: 0 };
  assert.deepEqual(measureLoudness(new Float32Array(16_000), 16_000), none);
  assert.deepEqual(measureLoudness(new Float32Array(0), 16_000), none);
  const short = measureLoudness(sine(0.3, 440, 0.5, 16_000), 16_000);
  assert.ok(short.integrated === null && short.range === null && short.truePeak !== null);
  assert.equal(measureLoudness(sine(2, 440, 0.5, 16_000), 16_000).range, null);
});

test.run();
