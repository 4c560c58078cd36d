import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Json, mergeJson } from '../../../../model/evaluation/ablation/merge.js';
import { suite } from '../../../harness/suite.js';

const test = suite('ablation: merge');

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const object = fc.dictionary(fc.string(), json, { noNullPrototype: true }) as fc.Arbitrary<Json>;

test('the examples of RFC 7396, appendix A', () => {
  const examples: [Json, Json, Json][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, changes, merged] of examples) assert.deepEqual(mergeJson(target, changes), merged);
});

test('no changes leave the target as it is, and it is never written to', () => {
  fc.assert(
    fc.property(object, object, (target, changes) => {
      const before = structuredClone(target);
      assert.deepEqual(mergeJson(target, {}), target);
      const merged = mergeJson(target, changes);
      assert.deepEqual(target, before);
      assert.deepEqual(mergeJson(merged, changes), merged, 'the same changes twice are the changes once');
    }),
  );
});

test.run();
