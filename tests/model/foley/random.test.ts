import assert from 'node:assert/strict';
import { Random } from '../../../model/foley/random.js';
import { suite } from '../../harness/suite.js';

const test = suite('pseudo-random numbers');
const COUNT = 20_000;

/** Mean of the k-th powers of the values about a center, for k = 1…4. */
function moments(values: readonly number[], center: number): number[] {
  return [1, 2, 3, 4].map((k) => values.reduce((sum, value) => sum + (value - center) ** k, 0) / values.length);
}

function assertClose(found: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(found - expected) < tolerance, `${what} is ${found}; expected ${expected} ± ${tolerance}`);
}

test('normal numbers have the moments of the normal distribution', () => {
  const random = new Random(1, 'a');
  const [mean, variance, skew, fourth] = moments(
    Array.from({ length: COUNT }, () => random.normal()),
    0,
  ) as [number, number, number, number];
  assertClose(mean, 0, 0.03, 'the mean');
  assertClose(variance, 1, 0.05, 'the variance');
  assertClose(skew, 0, 0.1, 'the third moment');
  assertClose(fourth, 3, 0.3, 'the fourth moment');
  const shifted = Array.from({ length: COUNT }, () => random.normal(5, 0.5));
  assertClose(moments(shifted, 5)[0]!, 0, 0.02, 'the mean about 5');
  assertClose(moments(shifted, 5)[1]!, 0.25, 0.02, 'the variance');
});

test('uniform numbers have the moments of the uniform distribution and stay within their bounds', () => {
  const random = new Random(2, 'a');
  const values = Array.from({ length: COUNT }, () => random.uniform(-1, 3));
  assert.ok(values.every((value) => value >= -1 && value < 3));
  const [mean, variance, , fourth] = moments(values, 1) as [number, number, number, number];
  assertClose(mean, 0, 0.05, 'the mean');
  assertClose(variance, 16 / 12, 0.05, 'the variance');
  assertClose(fourth, 2 ** 4 / 5, 0.2, 'the fourth moment');
});

test('integers, choices and chances are as frequent as they should be', () => {
  const random = new Random(3, 'a');
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < COUNT; i++) counts[random.integer(10)]!++;
  for (const count of counts) assertClose(count, COUNT / 10, 200, 'a count');
  const picked = Array.from({ length: COUNT }, () => random.pick(['a', 'b', 'b', 'b']));
  assertClose(picked.filter((choice) => choice === 'a').length / COUNT, 1 / 4, 0.02, 'the share of a');
  const hits = Array.from({ length: COUNT }, () => random.chance(0.1)).filter(Boolean).length;
  assertClose(hits / COUNT, 0.1, 0.01, 'the share of hits');
});

test('successive numbers are not correlated, nor are two streams', () => {
  const [a, b] = [new Random(4, 'a'), new Random(4, 'b')];
  const pairs = Array.from({ length: COUNT }, () => [a.normal(), a.normal(), b.normal()] as const);
  const correlation = (i: 0 | 1 | 2, j: 0 | 1 | 2): number =>
    pairs.reduce((sum, pair) => sum + pair[i] * pair[j], 0) / COUNT;
  assertClose(correlation(0, 1), 0, 0.03, 'the correlation of neighbors');
  assertClose(correlation(0, 2), 0, 0.03, 'the correlation of streams');
});

test('a seed gives the same numbers again; another seed or stream gives others', () => {
  const bits = (seed: number, stream: string): number[] => {
    const random = new Random(seed, stream);
    return [random.bits(), random.bits()];
  };
  assert.deepEqual(bits(1, 'a'), bits(1, 'a'));
  const others = [bits(1, 'a'), bits(1, 'b'), bits(2, 'a'), bits(1 + 2 ** 32, 'a')].map(String);
  assert.equal(new Set(others).size, others.length);
});

test.run();
