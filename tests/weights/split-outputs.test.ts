import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  encodeSafetensors,
  memorySource,
  outputParts,
  readCheckpoint,
  splitOutputs,
  tensorOf,
} from '../../weights/index.js';
import { suite } from '../harness/suite.js';

const test = suite('weights: layers split along their outputs');

test('parts are as few as the bytes allow, nearly equal, and together all outputs', () => {
  assert.deepEqual(outputParts(4096, 12_288, 2 ** 27), [2048, 2048]);
  assert.deepEqual(outputParts(512, 100, 2 ** 27), [512]);
  assert.deepEqual(outputParts(3, 10, 4), [1, 1, 1]);
  const sizes = fc.integer({ min: 1, max: 300 });
  fc.assert(
    fc.property(sizes, sizes, fc.integer({ min: 1, max: 5000 }), (outputs, inputs, most) => {
      const parts = outputParts(outputs, inputs, most);
      const largest = Math.max(1, Math.floor(most / (4 * inputs)));
      assert.equal(
        parts.reduce((sum, part) => sum + part, 0),
        outputs,
      );
      assert.ok(Math.max(...parts) <= largest && Math.max(...parts) - Math.min(...parts) <= 1);
      assert.equal(parts.length, Math.ceil(outputs / largest));
    }),
  );
});

test('a wide layer’s weight and bias come in parts, all else as it is', async () => {
  const counting = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i);
  const file = await encodeSafetensors([
    tensorOf('wide.weight', [3, 2, 2], counting(12)),
    tensorOf('wide.bias', [3], counting(3)),
    tensorOf('narrow.weight', [2, 2], counting(4)),
    tensorOf('norm.weight', [40], counting(40)),
  ]);
  const split = splitOutputs(await readCheckpoint(memorySource(file)), 32);
  assert.deepEqual(Object.fromEntries([...split.tensors].map(([name, { shape }]) => [name, shape])), {
    'wide.0.weight': [2, 2, 2],
    'wide.1.weight': [1, 2, 2],
    'wide.0.bias': [2],
    'wide.1.bias': [1],
    'narrow.weight': [2, 2],
    'norm.weight': [40],
  });
  assert.deepEqual([...(await split.readAsF32('wide.1.weight'))], [8, 9, 10, 11]);
  assert.deepEqual([...(await split.readAsF32('wide.0.bias'))], [0, 1]);
  assert.deepEqual([...(await split.readPart('wide.0.weight', 3, 2))], [3, 4]);
  await assert.rejects(split.readPart('wide.0.weight', 7, 2), /a part beyond the end/);
});

test.run();
