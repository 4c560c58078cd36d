import assert from 'node:assert/strict';
import fc from 'fast-check';
import { retrieval } from '../../../../model/evaluation/metrics/retrieval.js';
import { Random } from '../../../../model/foley/random.js';
import { suite } from '../../../harness/suite.js';

const test = suite('retrieval');

const vector = (...values: number[]): Float32Array => Float32Array.from(values);

test('a sound finds the true one where its embedding points the same way, however long it is', () => {
  const truth = [vector(1, 0), vector(0, 1), vector(1, 1)];
  const generated = [vector(5, 0.1), vector(0.1, 0.3), vector(0, -1)];
  const { ranks, recallAt1, meanRank } = retrieval(generated, truth);
  assert.deepEqual(ranks, [1, 1, 2]);
  assert.ok(Math.abs(recallAt1 - 2 / 3) < 1e-12 && Math.abs(meanRank - 4 / 3) < 1e-12);
});

test('sounds that are all alike, and silence, find nothing', () => {
  const truth = [vector(1, 2), vector(1, 2), vector(1, 2)];
  assert.equal(retrieval(truth, truth).recallAt1, 0);
  assert.deepEqual(retrieval([vector(0, 0), vector(0, 0)], [vector(1, 0), vector(0, 1)]).ranks, [2, 2]);
});

test('true sounds find themselves; unrelated ones are found at the rate of chance', () => {
  const random = new Random(1, 'embeddings');
  const embeddings = (): Float32Array[] =>
    Array.from({ length: 200 }, () => new Float32Array(32).map(() => random.normal()));
  const truth = embeddings();
  assert.equal(retrieval(truth, truth).recallAt1, 1);
  const { recallAt1, meanRank } = retrieval(embeddings(), truth);
  assert.ok(recallAt1 < 0.05 && Math.abs(meanRank - 100.5) < 15);
});

test('the rank does not depend on the scale of embeddings', () => {
  const embedding = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(embedding, embedding), { minLength: 1, maxLength: 6 }), (pairs) => {
      const [generated, truth] = [0, 1].map((side) => pairs.map((pair) => Float32Array.from(pair[side as 0 | 1])));
      const louder = generated!.map((values) => values.map((value) => 2 * value));
      assert.deepEqual(retrieval(louder, truth!).ranks, retrieval(generated!, truth!).ranks);
    }),
  );
});

test('numbers of sounds and sizes of embeddings must agree', () => {
  assert.throws(() => retrieval([], []), /0 generated sounds and 0 true ones/);
  assert.throws(() => retrieval([vector(1)], []), /1 generated sounds and 0 true ones/);
  assert.throws(() => retrieval([vector(1)], [vector(1, 2)]), /embeddings of 1 and 2 values/);
});

test.run();
