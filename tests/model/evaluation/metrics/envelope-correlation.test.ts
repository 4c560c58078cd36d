import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  envelopeCorrelation,
  envelopeCorrelationAtBestLag,
  logEnvelope,
} from '../../../../model/evaluation/metrics/envelope-correlation.js';
import { Random } from '../../../../model/foley/random.js';
import { suite } from '../../../harness/suite.js';

const test = suite('envelope correlation');
const RATE = 16_000;

function noise(length: number, seed: number, level: number = 0.1): Float32Array {
  const random = new Random(seed, 'noise');
  return new Float32Array(length).map(() => level * random.normal());
}

/** Decaying bursts, the first of them at `start` seconds. */
function bursts(start: number, sampleRate: number = RATE): Float32Array {
  const random = new Random(4, 'bursts');
  const sound = new Float32Array(4 * sampleRate);
  for (const [i, gap] of [0, 0.31, 0.9, 1.27, 2.2, 2.55, 3.1].entries()) {
    const from = Math.round((start + gap) * sampleRate);
    for (let n = Math.max(0, from); n < sound.length; n++) {
      sound[n]! += (0.5 / (i + 1)) * random.normal() * Math.exp(-(n - from) / (0.08 * sampleRate));
    }
  }
  return sound;
}

test('the envelope is the log loudness of 25 ms frames, at any rate', () => {
  for (const rate of [16_000, 44_100]) {
    const frame = Math.round(rate / 40);
    const sound = new Float32Array(2 * frame + 200).fill(0.5, frame);
    const envelope = logEnvelope(sound, rate);
    assert.equal(envelope.length, 2);
    assert.ok(Math.abs(envelope[0]! - Math.log(1e-3)) < 1e-9 && Math.abs(envelope[1]! - Math.log(0.501)) < 1e-9);
  }
});

test('1 with itself however loud, −1 with its opposite, 0 with what never changes', () => {
  const up = noise(16_000, 3).map((value, i) => value * (0.2 + i / 16_000));
  const down = up.toReversed();
  const half = up.map((value) => value * 0.5);
  assert.ok(Math.abs(envelopeCorrelation(up, up, RATE) - 1) < 1e-9);
  assert.ok(envelopeCorrelation(up, half, RATE) > 0.99);
  assert.ok(envelopeCorrelation(up, down, RATE) < -0.8);
  assert.equal(envelopeCorrelation(up, new Float32Array(16_000), RATE), 0);
  assert.equal(envelopeCorrelation(new Float32Array(0), up, RATE), 0);
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      const correlation = envelopeCorrelation(noise(4000, a), noise(4800, b), RATE);
      assert.ok(correlation >= -1 - 1e-9 && correlation <= 1 + 1e-9);
    }),
    { numRuns: 20 },
  );
});

test('the best lag is how late the sound is', () => {
  for (const rate of [16_000, 44_100]) {
    for (const late of [-0.15, -0.03, 0, 0.08, 0.2]) {
      const { correlation, lag } = envelopeCorrelationAtBestLag(bursts(0.3 + late, rate), bursts(0.3, rate), rate);
      assert.ok(Math.abs(lag - late) < 0.0101, `${lag}, not ${late}`);
      assert.ok(correlation > 0.95, `${correlation}`);
    }
  }
});

test('it is never worse than without a lag, and 0 for what never changes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      const [x, y] = [noise(8000, a), noise(9000, b)];
      assert.ok(envelopeCorrelationAtBestLag(x, y, RATE).correlation >= envelopeCorrelation(x, y, RATE));
    }),
    { numRuns: 20 },
  );
  const silence = new Float32Array(16_000);
  assert.deepEqual(envelopeCorrelationAtBestLag(silence, noise(16_000, 1), RATE), { correlation: 0, lag: 0 });
  assert.deepEqual(envelopeCorrelationAtBestLag(new Float32Array(9), silence, RATE), { correlation: 0, lag: 0 });
});

test.run();
