import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { quantile } from '../../../../model/evaluation/metrics/quantile.js';
import { bootstrapInterval } from '../../../../model/evaluation/statistics/bootstrap.js';
import { pairedPermutationTest } from '../../../../model/evaluation/statistics/permutation-test.js';
import { Random } from '../../../../model/foley/random.js';
import { suite } from '../../../harness/suite.js';

const test = suite('statistics over clips');
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function normals(count: number, random: Random, center = 0): number[] {
  return Array.from({ length: count }, () => random.normal(center));
}

test('quantiles interpolate between order statistics', () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([4, 1, 2, 3], 0.5), 2.5);
  assert.equal(quantile([1, 2, 3, 4, 5], 0.25), 2);
  assert.deepEqual([quantile([7], 0.9), quantile([1, 9], 0), quantile([1, 9], 1)], [7, 1, 9]);
  assert.equal(quantile([], 0.5), null);
});

/** Share of intervals that hold the true mean. */
function coverage(clips: number, draw: (random: Random) => number, truth: number): number {
  const random = new Random(1, 'coverage');
  let held = 0;
  for (let run = 0; run < 400; run++) {
    const values = Array.from({ length: clips }, () => draw(random));
    const { low, high } = bootstrapInterval(values, mean, { resamples: 300, seed: run });
    if (low! <= truth && truth <= high!) held++;
  }
  return held / 400;
}

test('the bootstrap interval of a mean holds the truth about 95 times in 100, with few clips less often', () => {
  const normal = (random: Random): number => random.normal();
  const many = coverage(50, normal, 0);
  assert.ok(many > 0.91 && many < 0.97, `50 clips: ${many}`);
  const few = coverage(8, normal, 0);
  assert.ok(few > 0.82 && few < 0.94, `8 clips: ${few}`);
  const skewed = coverage(50, (random) => -Math.log(1 - random.uniform()), 1);
  assert.ok(skewed > 0.89 && skewed < 0.97, `50 skewed clips: ${skewed}`);
});

test('the interval of a pooled ratio is about as wide as theory has it', () => {
  // Of 100 clips, hits of 10 at probability ½: the standard error is ½/√1000.
  const random = new Random(2, 'clips');
  const clips = Array.from({ length: 100 }, () => {
    const hits = Array.from({ length: 10 }, () => (random.chance(0.5) ? 1 : 0)).reduce((a: number, b) => a + b, 0);
    return { hits, of: 10 };
  });
  const ratio = (some: readonly { hits: number; of: number }[]): number =>
    mean(some.map(({ hits }) => hits)) / mean(some.map(({ of }) => of));
  const { value, low, high, clips: count } = bootstrapInterval(clips, ratio);
  assert.equal(count, 100);
  assert.ok(low! < value! && value! < high!);
  const expected = 2 * 1.96 * (0.5 / Math.sqrt(1000));
  assert.ok(Math.abs(high! - low! - expected) < 0.25 * expected, `${high! - low!}, expected ${expected}`);
});

test('the same seed gives the same interval; one clip, or no value, gives none', () => {
  const values = normals(20, new Random(3, 'values'));
  assert.deepEqual(bootstrapInterval(values, mean, { seed: 4 }), bootstrapInterval(values, mean, { seed: 4 }));
  assert.notDeepEqual(bootstrapInterval(values, mean, { seed: 4 }), bootstrapInterval(values, mean, { seed: 5 }));
  assert.deepEqual(bootstrapInterval([3], mean), { value: 3, clips: 1 });
  assert.deepEqual(
    bootstrapInterval(values, () => null),
    { value: null, clips: 20 },
  );
  // Defined only where a resample has the first clip three times: most have no value.
  const first = values[0]!;
  const rare = bootstrapInterval(values, (some) =>
    some === values || some.filter((value) => value === first).length >= 3 ? 1 : null,
  );
  assert.deepEqual(rare, { value: 1, clips: 20 });
});

test('under no difference the test claims one at .05 about 5 times in 100', () => {
  const random = new Random(6, 'null');
  for (const clips of [8, 20]) {
    let claimed = 0;
    for (let run = 0; run < 400; run++) {
      const [a, b] = [normals(clips, random), normals(clips, random)];
      if (pairedPermutationTest(a, b, mean, { permutations: 300, seed: run }).p! <= 0.05) claimed++;
    }
    assert.ok(claimed / 400 > 0.02 && claimed / 400 < 0.08, `${clips} clips: ${claimed / 400}`);
  }
});

test('a clear difference is found, either way', () => {
  const random = new Random(7, 'difference');
  const a = normals(30, random, 1);
  const b = a.map((value) => value - 0.4 + 0.3 * random.normal());
  const ab = pairedPermutationTest(a, b, mean);
  const ba = pairedPermutationTest(b, a, mean);
  assert.ok(ab.difference! > 0.25 && ab.p! < 0.001, `${ab.p}`);
  assert.ok(Math.abs(ab.difference! + ba.difference!) < 1e-12);
  assert.ok(ba.p! < 0.001);
});

test('few clips are counted exactly: the least p is 2 of all relabelings', () => {
  const a = [3, 4, 5, 6, 7];
  assert.equal(pairedPermutationTest(a, [1, 1, 1, 1, 1], mean).p, 2 / 32);
  assert.equal(pairedPermutationTest(a, a, mean).p, 1);
  // Signs of 1, 2, −4: sums at least as far from 0 as −1 are all but none.
  assert.equal(pairedPermutationTest([1, 2, 0], [0, 0, 4], mean).p, 1);
  // Of 1, 2, 4: 7 and −7, of eight.
  assert.equal(pairedPermutationTest([1, 2, 4], [0, 0, 0], mean).p, 2 / 8);
});

test('for a mean it is the sign-flip test', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 7 }), (differences) => {
      const sums = Array.from({ length: 2 ** differences.length }, (_, flips) =>
        Math.abs(differences.reduce((sum, d, i) => sum + ((flips >> i) & 1 ? -d : d), 0)),
      );
      const expected = sums.filter((sum) => sum >= sums[0]!).length / sums.length;
      const zeros = differences.map(() => 0);
      assert.equal(pairedPermutationTest(differences, zeros, mean).p, expected);
    }),
    { numRuns: 60 },
  );
});

test('lists of other clips are refused; what is not defined has no p', () => {
  assert.throws(() => pairedPermutationTest([1, 2], [1], mean), EvaluationError);
  assert.deepEqual(
    pairedPermutationTest([1, 2], [1, 2], () => null),
    { difference: null, p: null, clips: 2 },
  );
});

test.run();
