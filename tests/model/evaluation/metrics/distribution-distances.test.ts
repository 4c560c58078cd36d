import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { extrapolatedFrechetDistance, frechetDistance } from '../../../../model/evaluation/metrics/frechet-distance.js';
import { inceptionScore } from '../../../../model/evaluation/metrics/inception-score.js';
import { klDivergence, meanKlDivergence } from '../../../../model/evaluation/metrics/kl-divergence.js';
import { Random } from '../../../../model/foley/index.js';
import { GOLDENS } from '../../../harness/goldens.js';
import { suite } from '../../../harness/suite.js';

const test = suite('distribution distances');

/** What tests/oracle/distribution_distances.py computed with SciPy and mpmath. */
const golden = JSON.parse(readFileSync(join(GOLDENS, 'distribution-distances.json'), 'utf8')) as {
  frechet: { name: string; a: number[][]; b: number[][]; distance: number }[];
  tags: {
    name: string;
    reference: number[][];
    generated: number[][];
    kl: number[];
    meanKl: number;
    inceptionScore: number;
  }[];
};

function assertNear(found: number, expected: number, relative: number, message: string): void {
  const bound = relative * Math.max(Math.abs(expected), 1e-6);
  assert.ok(Math.abs(found - expected) <= bound, `${message}: ${found}, expected ${expected}`);
}

/** Sounds of a normal distribution in `dimension` dimensions. */
function normalSet(count: number, dimension: number, random: Random, shift = 0): Float32Array[] {
  return Array.from({ length: count }, () => new Float32Array(dimension).map(() => shift + random.normal()));
}

for (const { name, a, b, distance } of golden.frechet) {
  test(`Fréchet distance as computed in 60 digits: ${name}`, () => {
    assertNear(frechetDistance(a, b), distance, 1e-6, name);
    assertNear(frechetDistance(b, a), distance, 1e-6, `${name}, the other way round`);
  });
}

test('the Fréchet distance of sets that differ by a shift alone is its square', () => {
  const set = normalSet(12, 20, new Random(1, 'set'));
  const shifted = set.map((embedding) => embedding.map((value) => value + 0.25));
  assertNear(frechetDistance(set, shifted), 20 * 0.25 ** 2, 1e-6, 'shift');
});

test('the Fréchet distance is symmetric, not negative, 0 with itself, and does not know the order of the sounds', () => {
  const sets = fc.tuple(
    fc.integer({ min: 2, max: 12 }),
    fc.integer({ min: 2, max: 12 }),
    fc.integer({ min: 1, max: 8 }),
  );
  fc.assert(
    fc.property(sets, fc.nat(), ([countOfA, countOfB, dimension], seed) => {
      const random = new Random(seed, 'sets');
      const [a, b] = [normalSet(countOfA, dimension, random), normalSet(countOfB, dimension, random, 1)];
      const distance = frechetDistance(a, b);
      assert.ok(distance >= 0);
      assertNear(frechetDistance(b, a), distance, 1e-9, 'symmetric');
      assertNear(frechetDistance(a.toReversed(), b), distance, 1e-9, 'any order');
      assert.ok(frechetDistance(a, a) < 1e-9);
    }),
    { numRuns: 60 },
  );
});

test('the Fréchet distance falls with the number of sounds; its extrapolation does not', () => {
  // Two samples of one distribution: the true distance is 0.
  let extrapolated = 0;
  for (let seed = 0; seed < 4; seed++) {
    const random = new Random(seed, 'same distribution');
    const [a, b] = [normalSet(240, 16, random), normalSet(240, 16, random)];
    const { points, distance } = extrapolatedFrechetDistance(a, b, { seed });
    assert.deepEqual(
      points.map(({ sounds }) => sounds),
      [240, 120, 80, 60],
    );
    assertNear(points[0]!.distance, frechetDistance(a, b), 1e-9, 'all sounds');
    for (let i = 1; i < points.length; i++) assert.ok(points[i]!.distance > points[i - 1]!.distance);
    assert.ok(Math.abs(distance!) < points[0]!.distance / 2, `${distance} of ${points[0]!.distance}`);
    extrapolated += distance! / 4;
  }
  assert.ok(Math.abs(extrapolated) < 0.15, `${extrapolated}`);
});

test('the extrapolation keeps a distance that is there', () => {
  const random = new Random(5, 'shifted');
  const { distance } = extrapolatedFrechetDistance(normalSet(240, 16, random), normalSet(240, 16, random, 0.5));
  assertNear(distance!, 16 * 0.5 ** 2, 0.15, 'a shift of 0.5 in 16 dimensions');
});

test('parts that are too small for the dimension are left out, and without two points there is no extrapolation', () => {
  const random = new Random(6, 'few');
  const few = extrapolatedFrechetDistance(normalSet(40, 16, random), normalSet(50, 16, random));
  assert.deepEqual(
    few.points.map(({ sounds }) => sounds),
    [50, 25],
  );
  assert.equal(extrapolatedFrechetDistance(normalSet(20, 16, random), normalSet(20, 16, random)).distance, null);
});

test('paired sounds stay together: equal pairs are at distance 0 in every part', () => {
  const set = normalSet(64, 8, new Random(7, 'pairs'));
  const paired = extrapolatedFrechetDistance(set, set, { paired: true });
  assert.ok(paired.points.every(({ distance }) => distance < 1e-9));
  const apart = extrapolatedFrechetDistance(set, set);
  assert.ok(apart.points.at(-1)!.distance > 0.1);
  assert.throws(() => extrapolatedFrechetDistance(set, set.slice(1), { paired: true }), /paired sets of 64 and 63/);
});

test('sets that have no covariance or do not fit are refused', () => {
  const set = normalSet(4, 3, new Random(8, 'refused'));
  assert.throws(() => frechetDistance(set, set.slice(3)), /a set of 1 sounds/);
  assert.throws(() => frechetDistance(set, [set[0]!, new Float32Array(2)]), /embedding 1 has 2 values, others 3/);
  assert.throws(() => frechetDistance([...set, Float32Array.of(0, Number.NaN, 0)], set), EvaluationError);
});

for (const { name, reference, generated, kl, meanKl, inceptionScore: inception } of golden.tags) {
  test(`KL divergence and inception score as SciPy has them: ${name}`, () => {
    for (const [i, expected] of kl.entries()) {
      assertNear(klDivergence(reference[i]!, generated[i]!), expected, 1e-6, `sound ${i}`);
    }
    assertNear(meanKlDivergence(reference, generated), meanKl, 1e-6, 'mean');
    assertNear(inceptionScore(generated), inception, 1e-6, 'inception score');
  });
}

test('KL divergence is finite where a probability is too small for a double', () => {
  assertNear(klDivergence([2000, 0], [0, 2000]), 2000, 1e-9, 'opposite certainties');
});

test('the inception score is 1 for equal sounds, and the number of classes for certain ones of every class', () => {
  assertNear(
    inceptionScore([
      [3, 1, -2],
      [3, 1, -2],
    ]),
    1,
    1e-12,
    'equal',
  );
  const certain = [0, 1, 2].map((c) => Float32Array.from({ length: 3 }, (_, i) => (i === c ? 50 : 0)));
  assertNear(inceptionScore(certain), 3, 1e-9, 'certain');
});

test('logits that do not fit are refused', () => {
  assert.throws(() => klDivergence([1, 2], [1]), /logits of 2 and 1 classes/);
  assert.throws(() => meanKlDivergence([[1]], []), /1 true and 0 generated sounds/);
  assert.throws(() => inceptionScore([]), /0 sounds with no classes/);
  assert.throws(() => inceptionScore([[1, 2], [1]]), /2, 1 classes/);
});

test.run();
