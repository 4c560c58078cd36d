import assert from 'node:assert/strict';
import { tagOverlap, topTags } from '../../../../model/evaluation/metrics/tags.js';
import { suite } from '../../../harness/suite.js';

const test = suite('tags');

const CLASSES = ['bell', 'dog', 'rain', 'train'];

test('the tags of a sound are its highest logits, as probabilities', () => {
  const tags = topTags([-1, 2, 0, 2], CLASSES, 3);
  assert.deepEqual(
    tags.map(({ name }) => name),
    ['dog', 'train', 'rain'],
  );
  assert.equal(tags[2]!.probability, 0.5);
  assert.ok(Math.abs(tags[0]!.probability - 1 / (1 + Math.exp(-2))) < 1e-12);
});

test('names and numbers that do not fit are refused', () => {
  assert.throws(() => topTags([1, 2], CLASSES, 1), /1 of 2 logits with 4 names/);
  assert.throws(() => topTags([1, 2, 3, 4], CLASSES, 5), /5 of 4 logits/);
  assert.throws(() => topTags([1, 2, 3, 4], CLASSES, 0), /0 of 4 logits/);
});

test('the overlap is the share of tags in common, whatever their order', () => {
  const named = (...names: string[]): { name: string }[] => names.map((name) => ({ name }));
  assert.equal(tagOverlap(named('a', 'b', 'c'), named('c', 'a', 'b')), 1);
  assert.equal(tagOverlap(named('a', 'b', 'c'), named('c', 'd', 'e')), 1 / 3);
  assert.equal(tagOverlap(named('a'), named('b')), 0);
  assert.equal(tagOverlap(named('a', 'b'), named('a')), 0.5);
  assert.equal(tagOverlap([], []), 1);
});

test.run();
