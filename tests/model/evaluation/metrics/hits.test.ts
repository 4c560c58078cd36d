/** Levels and decays of hits against those of the true ones. */

import assert from 'node:assert/strict';
import { decayRatio } from '../../../../model/evaluation/metrics/decay.js';
import { hitLevelCorrelation } from '../../../../model/evaluation/metrics/hit-levels.js';
import { noise } from '../../../harness/random.js';
import { suite } from '../../../harness/suite.js';

const test = suite('evaluation: hits');
const RATE = 16_000;
const TIMES = [0.2, 0.9, 1.5, 2.3, 3.1];
const LEVELS = [1, 0.2, 0.5, 0.05, 0.7];
const PAIRS = TIMES.map((time) => ({ onset: time, reference: time }));

/** Hits of noise that decay with a time constant, over a quiet background. */
function hits(
  levels: readonly number[],
  seconds: number,
  { times = TIMES, background = 1e-4, seed = 1 } = {},
): Float32Array {
  const grain = noise(4 * RATE, seed);
  return grain.map((v, i) => {
    let level = background;
    for (const [k, time] of times.entries()) {
      const t = i / RATE - time;
      if (t >= 0) level += levels[k]! * Math.exp(-t / seconds);
    }
    return v * level;
  });
}

const decay = (sound: Float32Array, reference: Float32Array): number | null =>
  decayRatio({ sound, reference, sampleRate: RATE, onsets: TIMES, referenceOnsets: TIMES, pairs: PAIRS });

test('levels correlate with those of the true hits, whatever the gain and the grain', () => {
  const reference = hits(LEVELS, 0.05);
  const quieter = hits(LEVELS, 0.08, { seed: 2 }).map((v) => v * 0.1);
  assert.ok(hitLevelCorrelation(reference, reference, RATE, PAIRS)! > 1 - 1e-9);
  assert.ok(hitLevelCorrelation(quieter, reference, RATE, PAIRS)! > 0.98);
});

test('loud where it should be soft is −1, all alike says nothing', () => {
  const reference = hits(LEVELS, 0.05);
  const opposite = hits(
    LEVELS.map((level) => 0.05 / level),
    0.05,
  );
  assert.ok(hitLevelCorrelation(opposite, reference, RATE, PAIRS)! < -0.95);
  assert.equal(hitLevelCorrelation(new Float32Array(4 * RATE), reference, RATE, PAIRS), null);
  assert.equal(hitLevelCorrelation(reference, reference, RATE, PAIRS.slice(0, 2)), null);
});

test('pairs are taken each at its own time', () => {
  const reference = hits(LEVELS, 0.05);
  const later = hits(LEVELS, 0.05, { times: TIMES.map((time) => time + 0.08), seed: 3 });
  const pairs = TIMES.map((time) => ({ onset: time + 0.08, reference: time }));
  assert.ok(hitLevelCorrelation(later, reference, RATE, pairs)! > 0.98);
});

test('hits that ring twice as long score 2, as long 1, half as long .5', () => {
  const reference = hits(LEVELS, 0.06, { background: 1e-5 });
  for (const [seconds, ratio] of [
    [0.12, 2],
    [0.06, 1],
    [0.03, 0.5],
  ] as const) {
    const found = decay(hits(LEVELS, seconds, { background: 1e-5, seed: 5 }), reference)!;
    assert.ok(Math.abs(Math.log(found / ratio)) < Math.log(1.15), `${found} instead of ${ratio}`);
  }
});

test('the background is no part of the decay', () => {
  const reference = hits([1, 1, 1, 1, 1], 0.06, { background: 1e-5 });
  const noisy = hits([1, 1, 1, 1, 1], 0.06, { background: 0.02, seed: 6 });
  const found = decay(noisy, reference)!;
  assert.ok(Math.abs(Math.log(found)) < Math.log(1.25), `${found}`);
});

test('what does not die away counts as 2 s; true sound that does not is left out', () => {
  const reference = hits(LEVELS, 0.06);
  const steady = noise(4 * RATE, 8).map((v, i) => (i / RATE < TIMES[0]! ? v * 1e-4 : 0.3 * v));
  assert.ok(decay(steady, reference)! > 10);
  assert.equal(decay(reference, steady), null);
  assert.equal(
    decayRatio({ sound: reference, reference, sampleRate: RATE, onsets: TIMES, referenceOnsets: TIMES, pairs: [] }),
    null,
  );
});

test('a decay ends at the next hit', () => {
  const times = [0.5, 0.6, 0.7, 0.8];
  const sound = hits([1, 1, 1, 1], 0.04, { times });
  const pairs = times.map((time) => ({ onset: time, reference: time }));
  const own = decayRatio({ sound, reference: sound, sampleRate: RATE, onsets: times, referenceOnsets: times, pairs });
  assert.ok(Math.abs(own! - 1) < 1e-9);
});

test.run();
