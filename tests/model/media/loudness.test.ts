/** Loudness beside ffmpeg's own meter, and what comes out of normalization. */

import assert from 'node:assert/strict';
import { integratedLoudness } from '../../../model/media/gated-loudness.js';
import { toLoudness, truePeak } from '../../../model/media/loudness.js';
import { noise } from '../../harness/random.js';
import { suite } from '../../harness/suite.js';
import { tone } from './clips.js';
import { ffmpegLoudness } from './ffmpeg-loudness.js';

const test = suite('media: loudness');
const RATE = 16_000;

/** Hits of decaying noise, twice a second. */
function hits(seconds: number, level: number): Float32Array {
  const grain = noise(RATE * seconds, 3);
  return grain.map((v, i) => level * v * Math.exp(-((i % 8000) / RATE) * 30));
}

const sounds: Record<string, Float32Array> = {
  tone: tone(3).map((v) => v * 0.2),
  'low tone': tone(3, 50),
  'high tone': tone(3, 6000),
  noise: noise(RATE * 4, 2).map((v) => v * 0.05),
  hits: hits(5, 0.5),
  'sound, then silence': Float32Array.from([...tone(2), ...new Float32Array(RATE * 3)]),
  'loud, then quiet': Float32Array.from([...tone(2), ...tone(3).map((v) => v * 0.01)]),
};

test('agrees with ffmpeg to 0.1 LU', async () => {
  for (const [name, samples] of Object.entries(sounds)) {
    const { loudness } = await ffmpegLoudness(samples, RATE);
    const own = integratedLoudness(samples, RATE);
    assert.ok(Math.abs(own - loudness) <= 0.1, `${name}: ${own} instead of ${loudness} LUFS`);
  }
});

test('finds peaks between samples as ffmpeg does, to 0.3 dB', async () => {
  for (const name of ['tone', 'noise', 'hits'] as const) {
    const { peak } = await ffmpegLoudness(sounds[name]!, RATE);
    assert.ok(
      Math.abs(truePeak(sounds[name]!) - peak) <= 0.3,
      `${name}: ${truePeak(sounds[name]!)} instead of ${peak}`,
    );
  }
  // A sine at a quarter of the rate, sampled 45° off its peaks.
  const between = Float32Array.from({ length: 4000 }, (_, i) => 0.5 * Math.sin((Math.PI / 2) * i + Math.PI / 4));
  assert.ok(Math.abs(truePeak(between) - 20 * Math.log10(0.5)) < 0.2);
});

test('brings sound to a loudness without a peak above −1 dBTP', async () => {
  for (const [name, samples] of Object.entries({
    ...sounds,
    'sharp hits': hits(5, 0.9),
    'quiet noise': noise(RATE * 4).map((v) => v * 0.03),
  })) {
    const made = toLoudness(samples.slice(), RATE, -20);
    const { loudness, peak } = await ffmpegLoudness(made, RATE);
    assert.ok(Math.abs(loudness + 20) <= 0.5, `${name}: ${loudness} LUFS`);
    assert.ok(peak <= -0.9, `${name}: ${peak} dBTP`);
  }
});

test('the gain does not hang on where blocks of a long sound meet', () => {
  // The same peaks in the middle of a block and at its ends; blocks are of 65,536 samples.
  const long = new Float32Array(3 * 65_536);
  const clap = hits(1, 0.9).subarray(0, 6000);
  for (const at of [30_000, 65_536 - 3000, 131_072 - 10]) long.set(clap, at);
  const made = toLoudness(long, RATE, -14);
  const at = (from: number): number[] => [...made.subarray(from, from + 6000)];
  const [first, second, third] = [at(30_000), at(65_536 - 3000), at(131_072 - 10)];
  for (let i = 0; i < 6000; i++) {
    assert.ok(Math.abs(first![i]! - second![i]!) < 1e-6 && Math.abs(first![i]! - third![i]!) < 1e-6, `sample ${i}`);
  }
});

test('lifts by 20 dB at most; silence stays silence, and so does what is too short to measure', () => {
  const quiet = tone(2).map((v) => v * 1e-3);
  const made = toLoudness(quiet.slice(), RATE, -20);
  assert.ok(Math.abs(integratedLoudness(made, RATE) - integratedLoudness(quiet, RATE) - 20) < 0.01);
  const silence = new Float32Array(RATE);
  assert.deepEqual(toLoudness(silence.slice(), RATE, -20), silence);
  assert.deepEqual(toLoudness(tone(0.2), RATE, -20), tone(0.2));
});

test.run();
