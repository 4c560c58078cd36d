import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ReferenceEvent } from '../../../../model/evaluation/metrics/event-matching.js';
import { poolSyncScores, type SyncScore, syncScore } from '../../../../model/evaluation/metrics/sync-score.js';
import { Random } from '../../../../model/foley/random.js';
import { suite } from '../../../harness/suite.js';

const test = suite('SyncScore');

const at = (times: readonly number[]): { time: number }[] => times.map((time) => ({ time }));
const near = (a: number | null, b: number): void => assert.ok(a !== null && Math.abs(a - b) < 1e-9, `${a}, not ${b}`);

/** Times of events at least a quarter of a second apart, in milliseconds, made seconds. */
const events = fc
  .array(fc.integer({ min: 250, max: 900 }), { minLength: 1, maxLength: 12 })
  .map((gaps) => gaps.map((_, i) => gaps.slice(0, i + 1).reduce((a, b) => a + b) / 1000));

test('perfect events score 1 in everything', () => {
  fc.assert(
    fc.property(events, (times) => {
      const onsets = times.map((time, i) => ({ time, confidence: i }));
      const score = syncScore({ onsets, events: at(times) });
      for (const { f1, precision, recall } of [score.at50, score.at100, score.at50BestLag, score.at100BestLag]) {
        assert.deepEqual([f1, precision, recall], [1, 1, 1]);
      }
      near(score.averagePrecisionAt50, 1);
      assert.equal(score.bestLag, 0);
      assert.equal(score.countAgreement, 1);
      assert.deepEqual(
        score.timingErrors,
        times.map(() => 0),
      );
    }),
    { numRuns: 50 },
  );
});

test('events shifted by 80 ms have F1@50 0 and F1@100 1, and the best lag finds them', () => {
  fc.assert(
    fc.property(events, fc.constantFrom(-0.08, 0.08), (times, shift) => {
      const score = syncScore({ onsets: at(times.map((time) => time + shift)), events: at(times) });
      assert.equal(score.at50.f1, 0);
      assert.equal(score.at100.f1, 1);
      near(score.bestLag, shift);
      assert.equal(score.at50BestLag.f1, 1);
      for (const error of score.timingErrors) near(error, shift);
    }),
    { numRuns: 50 },
  );
});

test('doubled onsets are penalized', () => {
  const times = [0.5, 1.2, 2, 3.1];
  const score = syncScore({ onsets: at(times.flatMap((time) => [time, time + 0.03])), events: at(times) });
  near(score.at50.f1, 2 / 3);
  assert.deepEqual([score.at50.precision, score.at50.recall], [0.5, 1]);
  assert.equal(score.countAgreement, 0.5);
});

test('dense predictions flatter F1, and the same onsets rotated in time show it', () => {
  const dense = Array.from({ length: 16 }, (_, i) => 0.05 + i / 4);
  const sparse: SyncScore[] = [];
  const rotatedSparse: SyncScore[] = [];
  const flattered: SyncScore[] = [];
  const rotatedDense: SyncScore[] = [];
  const random = new Random(5, 'events');
  for (let clip = 0; clip < 30; clip++) {
    const times: number[] = [];
    for (let time = random.uniform(0.1, 0.3); time < 4; time += random.uniform(0.3, 0.9)) times.push(time);
    const rotated = (onsets: readonly number[]): { time: number }[] => at(onsets.map((time) => (time + 1.7321) % 4));
    sparse.push(syncScore({ onsets: at(times), events: at(times) }));
    rotatedSparse.push(syncScore({ onsets: rotated(times), events: at(times) }));
    flattered.push(syncScore({ onsets: at(dense), events: at(times) }));
    rotatedDense.push(syncScore({ onsets: rotated(dense), events: at(times) }));
  }
  const f1 = (scores: readonly SyncScore[]): number => poolSyncScores(scores).at100.f1;
  assert.ok(f1(flattered) > 0.4, `a beat that sees nothing has ${f1(flattered)}`);
  assert.ok(f1(flattered) - f1(rotatedDense) < 0.05, `its control ${f1(rotatedDense)}`);
  assert.ok(f1(sparse) - f1(rotatedSparse) > 0.5, `a good one's control ${f1(rotatedSparse)}`);
});

test('optional events are neither demanded nor punished', () => {
  const reference: ReferenceEvent[] = [{ time: 1 }, { time: 2, optional: true }, { time: 3 }];
  for (const onsets of [
    [1, 3],
    [1, 2, 3],
  ]) {
    const { at50, countAgreement } = syncScore({ onsets: at(onsets), events: reference });
    assert.deepEqual([at50.hits, at50.predicted, at50.actual, at50.f1], [2, 2, 2, 1]);
    assert.equal(countAgreement, 1);
  }
  // It forgives one onset, not two, and is no place to lose a demanded one.
  assert.equal(syncScore({ onsets: at([1, 2, 2.03, 3]), events: reference }).at50.predicted, 3);
  const beside: ReferenceEvent[] = [{ time: 1 }, { time: 1.06, optional: true }];
  assert.equal(syncScore({ onsets: at([1.04]), events: beside }).at50.hits, 1);
  assert.deepEqual(syncScore({ onsets: at([1.04]), events: beside }).at50.f1, 1);
});

test('the offset of a recording is taken off its onsets', () => {
  const times = [0.4, 1, 1.9];
  const onsets = at(times.map((time) => time + 0.15));
  assert.equal(syncScore({ onsets, events: at(times) }).at100.f1, 0);
  const score = syncScore({ onsets, events: at(times), offset: 0.15 });
  assert.equal(score.at50.f1, 1);
  for (const error of score.timingErrors) near(error, 0);
});

test('of lags as good, that of the least error is taken, and else the nearest to 0', () => {
  // Every lag from −.05 to .05 pairs both.
  near(syncScore({ onsets: at([1, 2]), events: at([1, 2]) }).bestLag, 0);
  near(syncScore({ onsets: at([1.03, 2.03]), events: at([1, 2]) }).bestLag, 0.03);
  // Nothing can be paired at any lag.
  assert.equal(syncScore({ onsets: at([1]), events: at([2]) }).bestLag, 0);
  // Early and late by the same.
  near(syncScore({ onsets: at([1]), events: at([0.9, 1.1]) }).bestLag, 0.1);
  near(syncScore({ onsets: at([0.9, 1.1]), events: at([1]) }).bestLag, 0.1);
  // No further than .2 s.
  assert.equal(syncScore({ onsets: at([1.3]), events: at([1]) }).at50BestLag.f1, 0);
});

test('average precision: sure onsets that are right count for more', () => {
  const reference = at([1, 2]);
  const score = (confidences: [time: number, confidence: number][]): number | null =>
    syncScore({ onsets: confidences.map(([time, confidence]) => ({ time, confidence })), events: reference })
      .averagePrecisionAt50;
  // Right, wrong, right: recall ½ at precision 1, and 1 at ⅔.
  near(score([[1, 3], [1.5, 2], [2, 1]]), 0.5 * 1 + 0.5 * (2 / 3)); // biome-ignore format: a table
  near(score([[1, 3], [1.5, 1], [2, 2]]), 1); // biome-ignore format: a table
  near(score([[1, 1], [1.5, 3], [2, 2]]), 0.5 * 0.5 + 0.5 * (2 / 3)); // biome-ignore format: a table
  // Equally sure ones are taken together.
  near(score([[1, 1], [1.5, 1], [2, 1]]), 2 / 3); // biome-ignore format: a table
  near(score([[1, 1]]), 0.5); // biome-ignore format: a table
  assert.equal(score([]), 0);
  assert.equal(syncScore({ onsets: at([1]), events: reference }).averagePrecisionAt50, null);
  assert.equal(syncScore({ onsets: [{ time: 1, confidence: 1 }], events: [] }).averagePrecisionAt50, null);
});

test('pooling weighs onsets and events, not clips', () => {
  const busy = syncScore({ onsets: at([1, 2, 3, 4]), events: at([1, 2, 3, 4.08]) });
  const quiet = syncScore({ onsets: at([]), events: at([1]) });
  const pooled = poolSyncScores([busy, quiet]);
  near(pooled.at50.f1, 6 / 9);
  near(pooled.at50.precision, 3 / 4);
  near(pooled.at50.recall, 3 / 5);
  near(pooled.at100.f1, 8 / 9);
  near(pooled.timingErrorMedian, 0);
  near(pooled.timingErrorInterquartile, 0.02);
  near(pooled.countAgreement, 0.5);
  assert.equal(pooled.clips, 2);
});

test('pooled average precision has one threshold for all clips', () => {
  const clip = (onsets: { time: number; confidence: number }[]): SyncScore => syncScore({ onsets, events: at([1]) });
  const right = clip([{ time: 1, confidence: 1 }]);
  const wrong = clip([{ time: 2, confidence: 5 }]);
  // The surest onset of all is wrong: recall ½ is reached at precision ½.
  near(poolSyncScores([right, wrong]).averagePrecisionAt50, 0.25);
  near(poolSyncScores([right]).averagePrecisionAt50, 1);
  const unsure = syncScore({ onsets: at([1]), events: at([1]) });
  assert.equal(poolSyncScores([right, unsure]).averagePrecisionAt50, null);
});

test('nothing demanded and nothing heard agree; what has no value is null', () => {
  const { at50, timingErrors } = syncScore({ onsets: [], events: [] });
  assert.deepEqual([at50.f1, at50.precision, at50.recall, timingErrors], [1, null, null, []]);
  const none = poolSyncScores([]);
  assert.deepEqual([none.timingErrorMedian, none.timingErrorInterquartile, none.countAgreement], [null, null, null]);
  assert.equal(none.averagePrecisionAt100, null);
});

test.run();
