import assert from 'node:assert/strict';
import { sharedEngine } from '../harness/engine.js';
import { suite } from '../harness/suite.js';

const test = suite('engine/variables');

test('a variable that comes in parts is whole in the end', async () => {
  const { variables } = await sharedEngine();
  const type = { shape: [5], dtype: 'f16' } as const;
  variables.writePart('parts.half', type, 0, Uint16Array.of(1, 2));
  variables.writePart('parts.half', type, 2, Uint16Array.of(3, 4, 5));
  assert.deepEqual([...(await variables.read('parts.half'))], [1, 2, 3, 4, 5]);
  // A whole one may be changed anywhere.
  variables.writePart('parts.half', type, 2, Uint16Array.of(7, 8));
  assert.deepEqual([...(await variables.read('parts.half'))], [1, 2, 7, 8, 5]);
  variables.delete('parts.half');
});

test('a part-written variable counts as unwritten', async () => {
  const { variables } = await sharedEngine();
  const type = { shape: [2, 2], dtype: 'f32' } as const;
  variables.writePart('parts.full', type, 0, Float32Array.of(1, 2));
  assert.equal(variables.ensure('parts.full', type).written, false);
  variables.writePart('parts.full', type, 2, Float32Array.of(3, 4));
  assert.equal(variables.ensure('parts.full', type).written, true);
  variables.delete('parts.full');
});

test('parts that do not fit are refused', async () => {
  const { variables } = await sharedEngine();
  const half = { shape: [5], dtype: 'f16' } as const;
  const write = (first: number, data: Uint16Array | Float32Array) => (): void =>
    variables.writePart('parts.bad', half, first, data);
  assert.throws(write(0, Float32Array.of(1)), /elements of 2 bytes, found 4/);
  assert.throws(write(4, Uint16Array.of(1, 2)), /a part of its 5 elements, found 4…6/);
  assert.throws(write(-2, Uint16Array.of(1, 2)), /a part of its 5 elements/);
  assert.throws(write(1, Uint16Array.of(1)), /multiples of four bytes/);
  assert.throws(write(0, Uint16Array.of(1)), /multiples of four bytes/);
  assert.throws(write(2, Uint16Array.of(1, 2)), /the part from 0 on is missing/);
  variables.delete('parts.bad');
});

test.run();
