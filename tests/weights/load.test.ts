import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  closestNames,
  compareTensors,
  type ExpectedTensor,
  encodeSafetensors,
  loadTensors,
  matchTensors,
  memorySource,
  openSafetensors,
  requireFinite,
  TensorMatchError,
  tensorOf,
} from '../../weights/index.js';
import { suite } from '../harness/suite.js';

const test = suite('weights/load');

const found = new Map(
  Object.entries({
    'encoder.0.weight': { dtype: 'F32' as const, shape: [4, 8] },
    'encoder.0.bias': { dtype: 'F16' as const, shape: [4] },
    'decoder.weight': { dtype: 'F32' as const, shape: [8, 4] },
    'optimiser.step': { dtype: 'I64' as const, shape: [] },
  }),
);

test('tensors that fit give no problem', () => {
  const asked = [...found].map(([name, { shape, dtype }]): ExpectedTensor => ({ name, shape, dtype }));
  assert.deepEqual(compareTensors(found, asked), []);
  matchTensors(found, asked);
});

test('every problem is reported at once, with the names that may be meant', () => {
  const asked: ExpectedTensor[] = [
    { name: 'encoder.0.weight', shape: [8, 4] },
    { name: 'encoder.0.bias', shape: [4], dtype: 'F32' },
    { name: 'decoder.wieght', shape: [8, 4] },
  ];
  const problems = compareTensors(found, asked);
  assert.deepEqual(
    problems.map(({ kind, name }) => `${kind} ${name}`),
    [
      'missing decoder.wieght',
      'shape encoder.0.weight',
      'dtype encoder.0.bias',
      'unexpected decoder.weight',
      'unexpected optimiser.step',
    ],
  );
  assert.equal(problems[0]!.closest[0], 'decoder.weight');
  assert.throws(
    () => matchTensors(found, asked, { file: 'w.safetensors' }),
    (error) => {
      assert.ok(error instanceof TensorMatchError);
      assert.equal(error.problems.length, 5);
      assert.match(error.message, /^w\.safetensors: 5 of its tensors/);
      assert.match(error.message, /missing "decoder\.wieght" \[8, 4\]; did it mean "decoder\.weight"/);
      assert.match(error.message, /"encoder\.0\.weight": shape expected \[8, 4\], found \[4, 8\]/);
      return true;
    },
  );
  assert.equal(compareTensors(found, asked, { allowUnexpected: true }).length, 3);
});

test('two files with nothing in common are told apart at once, and the message stays short', () => {
  const shape = [1];
  const theirs = new Map(
    Array.from({ length: 50_000 }, (_, i) => [`their.layer.${i}.weight`, { dtype: 'F32' as const, shape }]),
  );
  const ours = Array.from({ length: 50_000 }, (_, i): ExpectedTensor => ({ name: `our.block.${i}.kernel`, shape }));
  assert.throws(
    () => matchTensors(theirs, ours),
    (error) => error instanceof TensorMatchError && error.problems.length === 100_000 && error.message.length < 10_000,
  );
});

test('loading gives f32 in the order asked, tells its progress and can be cancelled', async () => {
  const bytes = await encodeSafetensors([
    tensorOf('a', [2], Float32Array.of(1, 2), 'F16'),
    tensorOf('b', [], Float32Array.of(3)),
    tensorOf('c', [0], new Float32Array(0)),
  ]);
  const file = await openSafetensors(memorySource(bytes));
  const asked = [
    { name: 'b', shape: [] },
    { name: 'a', shape: [2] },
  ];
  const seen: string[] = [];
  const loaded = await loadTensors(file, asked, {
    allowUnexpected: true,
    onProgress: (done, all) => seen.push(`${done}/${all}`),
  });
  assert.deepEqual(
    [...loaded].map(([name, values]) => [name, ...values]),
    [
      ['b', 3],
      ['a', 1, 2],
    ],
  );
  assert.deepEqual(seen, ['1/2', '2/2']);
  await assert.rejects(loadTensors(file, asked), TensorMatchError);
  const signal = AbortSignal.abort(new EvalError('enough'));
  await assert.rejects(loadTensors(file, asked, { allowUnexpected: true, signal }), EvalError);
});

test('a value that is not finite is named by its index, wherever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }), fc.nat(), (shape, seed) => {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      requireFinite(values, { tensor: 't', shape });
      const at = seed % values.length;
      values[at] = Number.NaN;
      try {
        requireFinite(values, { tensor: 't', shape });
      } catch (error) {
        const index = JSON.parse((error as Error).message.match(/index (\[[^\]]*\])/)![1]!) as number[];
        return index.length === shape.length && index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0) === at;
      }
      return false;
    }),
  );
});

test('the closest names come first, strangers not at all', () => {
  const names = ['encoder.1.weight', 'encoder.0.weight', 'encoder.0.bias', 'nothing like it whatever'];
  assert.deepEqual(closestNames('encodr.0.weight', names).slice(0, 2), ['encoder.0.weight', 'encoder.1.weight']);
  assert.deepEqual(closestNames('q', ['something else']), []);
  // Two edits are always allowed, and two fifths of the name.
  assert.deepEqual(closestNames('abc', ['bcd', 'xyc', 'xyz']), ['bcd', 'xyc']);
});

test.run();
