/** Figures that tell a codec's loops from recorded sound. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { latentAutocorrelation } from '../../../../model/evaluation/metrics/latent-autocorrelation.js';
import { latentGridShare } from '../../../../model/evaluation/metrics/latent-grid.js';
import { noise } from '../../../harness/random.js';
import { suite } from '../../../harness/suite.js';

const test = suite('evaluation: machine-like sound');
const RATE = 16_000;

/** One stretch of noise over and over. */
function loop(period: number, count: number): Float32Array {
  const once = noise(period, 3);
  return Float32Array.from({ length: count }, (_, i) => 0.3 * once[i % period]!);
}

function sine(hz: number, seconds: number, rate = RATE): Float32Array {
  return Float32Array.from({ length: seconds * rate }, (_, i) => 0.3 * Math.sin((2 * Math.PI * hz * i) / rate));
}

const assertNear = (found: number | null, expected: number, tolerance: number): void =>
  assert.ok(found !== null && Math.abs(found - expected) <= tolerance, `${found} instead of ${expected}`);

test('a loop of 40 ms repeats with the latents, and all its peaks are on their grid', () => {
  assertNear(latentAutocorrelation(loop(640, 3 * RATE), RATE), 1, 1e-6);
  assertNear(latentGridShare(loop(640, 3 * RATE), RATE), 1, 0);
});

test('white noise does not, and its peaks are there by chance', () => {
  for (const seed of [1, 2, 3]) {
    const white = noise(4 * RATE, seed);
    assertNear(latentAutocorrelation(white, RATE), 0, 0.03);
    assertNear(latentGridShare(white, RATE), 0.16, 0.06);
  }
});

test('the period and the rate are parameters', () => {
  const at44 = loop(1764, 3 * 44_100);
  assertNear(latentAutocorrelation(at44, 44_100), 1, 1e-6);
  assert.ok(latentGridShare(at44, 44_100)! > 0.97);
  // A loop of 46 ms is one of 46 ms, not of 40.
  const other = loop(736, 3 * RATE);
  assertNear(latentAutocorrelation(other, RATE, 0.046), 1, 1e-6);
  assertNear(latentAutocorrelation(other, RATE), 0, 0.1);
  assertNear(latentGridShare(other, RATE, RATE / 736), 1, 0);
  assert.ok(latentGridShare(other, RATE)! < 0.4);
});

test('a loop under noise as loud is half a loop', () => {
  const hiss = noise(3 * RATE, 9);
  const mixed = loop(640, 3 * RATE).map((v, i) => v + 0.3 * hiss[i]!);
  assertNear(latentAutocorrelation(mixed, RATE), 0.5, 0.05);
});

test('a true tone at a multiple of the latent rate cannot be told from a loop; others can', () => {
  assertNear(latentAutocorrelation(sine(1000, 2), RATE), 1, 1e-6);
  assertNear(latentAutocorrelation(sine(1012.5, 2), RATE), -1, 1e-6);
  assertNear(latentGridShare(sine(1000, 2), RATE), 1, 0);
  assertNear(latentGridShare(sine(1010, 2), RATE), 0, 0);
});

test('only the steadier half counts: hits on a loop do not hide it', () => {
  const hits = noise(4 * RATE, 7).map((v, i) => (i < 2 * RATE ? v * Math.exp(-(i % 8000) / 400) : 0));
  const mixed = loop(640, 4 * RATE).map((v, i) => v + hits[i]!);
  assertNear(latentAutocorrelation(mixed, RATE), 1, 0.02);
});

test('silence, and sound shorter than a stretch, have no figure', () => {
  assert.equal(latentAutocorrelation(new Float32Array(RATE), RATE), null);
  assert.equal(latentAutocorrelation(noise(2000), RATE), null);
  assert.equal(latentGridShare(new Float32Array(3 * RATE), RATE), null);
  assert.equal(latentGridShare(noise(RATE), RATE), null);
});

test('level does not matter, and both stay in their range', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.02, max: 1, noNaN: true }), (seed, gain) => {
      const sound = noise(2 * RATE, seed).map((v, i) => v * (1 + Math.sin(i / 3000)) * 0.5);
      const quieter = sound.map((v) => v * gain);
      const [a, b] = [latentAutocorrelation(sound, RATE)!, latentAutocorrelation(quieter, RATE)!];
      assert.ok(Math.abs(a - b) < 0.02 && a >= -1 && a <= 1);
      const share = latentGridShare(quieter, RATE)!;
      assert.ok(share >= 0 && share <= 1 && Math.abs(share - latentGridShare(sound, RATE)!) < 0.05);
    }),
    { numRuns: 10 },
  );
});

test.run();
