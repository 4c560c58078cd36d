/** Levels and decays of hits against those of the true ones. */

import assert from 'node:assert/strict';
import { decayRatio } from '../../../../model/evaluation/metrics/decay.js';
import { hitLevelCorrelation } from '../../../../model/evaluation/metrics/hit-levels.js';
import type { HitComparison } from '../../../../model/evaluation/metrics/matched-hits.js';
import { noise } from '../../../harness/random.js';
import { suite } from '../../../harness/suite.js';

const test = suite('evaluation: hits');
const RATE = 16_000;
const TIMES = [0.2, 0.9, 1.5, 2.3, 3.1];
const LEVELS = [1, 0.2, 0.5, 0.05, 0.7];

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

const pair = (sound: Float32Array, reference: Float32Array, times: readonly number[] = TIMES): HitComparison => ({
  sound,
  reference,
  sampleRate: RATE,
  onsets: times,
  referenceOnsets: times,
});

test('levels correlate with those of the true hits, whatever the gain and the grain', () => {
  const reference = hits(LEVELS, 0.05);
  const quieter = hits(LEVELS, 0.08, { seed: 2 }).map((v) => v * 0.1);
  assert.ok(hitLevelCorrelation(pair(reference, reference))! > 1 - 1e-9);
  assert.ok(hitLevelCorrelation(pair(quieter, reference))! > 0.98);
});

test('loud where it should be soft is −1, all alike says nothing', () => {
  const reference = hits(LEVELS, 0.05);
  const opposite = hits(
    LEVELS.map((level) => 0.05 / level),
    0.05,
  );
  assert.ok(hitLevelCorrelation(pair(opposite, reference))! < -0.95);
  assert.equal(hitLevelCorrelation(pair(new Float32Array(4 * RATE), reference)), null);
  assert.equal(hitLevelCorrelation(pair(reference, reference, TIMES.slice(0, 2))), null);
});

test('onsets within 100 ms are matched, one to one; a known offset is taken off', () => {
  const reference = hits(LEVELS, 0.05);
  const times = TIMES.map((time) => time + 0.08);
  const late = { ...pair(hits(LEVELS, 0.05, { times, seed: 3 }), reference), onsets: times };
  assert.ok(hitLevelCorrelation(late)! > 0.98);
  const later = TIMES.map((time) => time + 0.15);
  const later15 = { ...pair(hits(LEVELS, 0.05, { times: later, seed: 3 }), reference), onsets: later };
  assert.equal(hitLevelCorrelation(later15), null);
  assert.ok(hitLevelCorrelation({ ...later15, offset: 0.15 })! > 0.98);
});

test('hits that ring twice as long score 2, as long 1, half as long .5', () => {
  const reference = hits(LEVELS, 0.06, { background: 1e-5 });
  for (const [seconds, ratio] of [
    [0.12, 2],
    [0.06, 1],
    [0.03, 0.5],
  ] as const) {
    const found = decayRatio(pair(hits(LEVELS, seconds, { background: 1e-5, seed: 5 }), reference))!;
    assert.ok(Math.abs(Math.log(found / ratio)) < Math.log(1.15), `${found} instead of ${ratio}`);
  }
});

test('the background is no part of the decay', () => {
  const reference = hits([1, 1, 1, 1, 1], 0.06, { background: 1e-5 });
  const noisy = hits([1, 1, 1, 1, 1], 0.06, { background: 0.02, seed: 6 });
  const found = decayRatio(pair(noisy, reference))!;
  assert.ok(Math.abs(Math.log(found)) < Math.log(1.25), `${found}`);
});

test('what does not die away counts as 2 s; true sound that does not is left out', () => {
  const reference = hits(LEVELS, 0.06);
  const steady = noise(4 * RATE, 8).map((v, i) => (i / RATE < TIMES[0]! ? v * 1e-4 : 0.3 * v));
  assert.ok(decayRatio(pair(steady, reference))! > 10);
  assert.equal(decayRatio(pair(reference, steady)), null);
  assert.equal(decayRatio(pair(reference, reference, [])), null);
});

test('a decay ends at the next hit', () => {
  const times = [0.5, 0.6, 0.7, 0.8];
  const sound = hits([1, 1, 1, 1], 0.04, { times });
  const own = decayRatio(pair(sound, sound, times));
  assert.ok(Math.abs(own! - 1) < 1e-9);
});

test.run();
