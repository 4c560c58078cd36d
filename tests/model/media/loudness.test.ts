/** Loudness beside ffmpeg's own meter, and what comes out of normalization. */

import assert from 'node:assert/strict';
import { integratedLoudness } from '../../../model/media/gated-loudness.js';
import { atLoudness, truePeak } from '../../../model/media/loudness.js';
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
    const made = atLoudness(samples, RATE, -20);
    const { loudness, peak } = await ffmpegLoudness(made, RATE);
    assert.ok(Math.abs(loudness + 20) <= 0.5, `${name}: ${loudness} LUFS`);
    assert.ok(peak <= -0.9, `${name}: ${peak} dBTP`);
  }
});

test('lifts by 20 dB at most; silence stays silence, and so does what is too short to measure', () => {
  const quiet = tone(2).map((v) => v * 1e-3);
  const made = atLoudness(quiet, RATE, -20);
  assert.ok(Math.abs(integratedLoudness(made, RATE) - integratedLoudness(quiet, RATE) - 20) < 0.01);
  const silence = new Float32Array(RATE);
  assert.deepEqual(atLoudness(silence, RATE, -20), silence);
  assert.deepEqual(atLoudness(tone(0.2), RATE, -20), tone(0.2));
});

test.run();
