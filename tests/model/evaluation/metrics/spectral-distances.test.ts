/** Spectral distances against those that tests/oracle/spectral_distances.py took with PyTorch and librosa. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logMelDistance } from '../../../../model/evaluation/metrics/log-mel-distance.js';
import { logSpectralError } from '../../../../model/evaluation/metrics/log-spectral-error.js';
import { resample } from '../../../../model/evaluation/metrics/resample.js';
import { stftL1 } from '../../../../model/evaluation/metrics/stft-distance.js';
import { GOLDENS } from '../../../harness/goldens.js';
import { noise } from '../../../harness/random.js';
import { suite } from '../../../harness/suite.js';
import { asFloat, type OraclePair, oraclePair } from './oracle-signals.js';

const test = suite('evaluation: spectral distances');
const RATE = 16_000;

const goldens = JSON.parse(readFileSync(join(GOLDENS, 'spectral-distances.json'), 'utf8')) as (OraclePair & {
  linear: number;
  log: number;
  logMel: number;
})[];

const assertNear = (found: number, expected: number, relative: number, name: string): void =>
  assert.ok(Math.abs(found - expected) <= relative * expected, `${name}: ${found} instead of ${expected}`);

test('STFT-L1 is that of torch.stft to 1e-5, the log-mel distance that of librosa to 1e-4', () => {
  assert.ok(goldens.length >= 4);
  for (const golden of goldens) {
    const { reference, sound } = oraclePair(golden);
    const [a, b] = [asFloat(sound), asFloat(reference)];
    const { linear, log } = stftL1(a, b, RATE);
    const name = `${golden.source[0]}, ${golden.changes[0]![0]}`;
    assertNear(linear, golden.linear, 1e-5, `${name}, linear`);
    assertNear(log, golden.log, 1e-5, `${name}, log`);
    assertNear(logMelDistance(a, b, RATE), golden.logMel, 1e-4, `${name}, log-mel`);
  }
});

test('the same sound is at no distance, silence at 1, and half the level at 6 dB', () => {
  const a = noise(RATE, 1);
  const half = a.map((v) => v / 2);
  assert.deepEqual(stftL1(a, a, RATE), { linear: 0, log: 0 });
  assert.equal(logMelDistance(a, a, RATE), 0);
  assert.ok(Math.abs(stftL1(new Float32Array(RATE), a, RATE).linear - 1) < 1e-6);
  const { linear, log } = stftL1(half, a, RATE);
  assert.ok(Math.abs(linear - 0.5) < 1e-6 && Math.abs(log - 6.02) < 0.01);
  assert.ok(Math.abs(logMelDistance(half, a, RATE) - 6.02) < 0.01);
  const error = logSpectralError(half, a, RATE);
  assert.ok(Math.abs(error.frames - 6.02) < 0.01 && Math.abs(error.average - 6.02) < 0.01);
});

test('two noises of one color: far bin by bin, near in mel bands and on average', () => {
  const [a, b] = [noise(4 * RATE, 1), noise(4 * RATE, 2)];
  const { linear, log } = stftL1(a, b, RATE);
  assert.ok(linear > 0.4 && linear < 0.7 && log > 5 && log < 7);
  assert.ok(logMelDistance(a, b, RATE) < log);
  const { frames, average } = logSpectralError(a, b, RATE);
  // Levels of a noise's bins have a deviation of 5.57 dB.
  assert.ok(Math.abs(frames - 5.57 * Math.SQRT2) < 0.2, `${frames}`);
  assert.ok(average < 1.2, `${average}`);
});

test('a lost band shows in the average spectrum', () => {
  const a = noise(2 * RATE, 1);
  const dull = resample(resample(a, RATE, 8000), 8000, RATE);
  assert.ok(logSpectralError(dull, a, RATE).average > 10);
});

test('other rates are resampled, and what they hold above 8 kHz does not count', () => {
  const a = noise(RATE, 1);
  const b = a.map((v, i) => v * (i < 8000 ? 1 : 0.5));
  const high = Float32Array.from({ length: 48_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 15_000 * i) / 48_000));
  const [a48, b48] = [resample(a, RATE, 48_000), resample(b, RATE, 48_000)];
  const bright = b48.map((v, i) => v + high[i]!);
  assert.ok(Math.abs(stftL1(b48, a48, 48_000).linear - stftL1(b, a, RATE).linear) < 0.01);
  assert.ok(stftL1(bright, b48, 48_000).linear < 0.01);
});

test('lengths must agree', () => {
  const a = noise(8000);
  for (const measure of [stftL1, logMelDistance, logSpectralError]) {
    assert.throws(() => measure(a, a.subarray(1), RATE), /8000 and 7999 samples; cut both/);
  }
});

test.run();
