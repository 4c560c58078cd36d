/** PyTorch's two layouts, read back against what torch says is in them, and views of storages against a loop over them. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  bitsOf,
  type Checkpoint,
  countOf,
  loadTensors,
  memorySource,
  openCheckpoint,
  openSafetensors,
  readCheckpoint,
  type TypedArray,
  withFile,
} from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { golden } from './goldens.js';
import {
  bytesOf,
  called,
  dict,
  globalNamed,
  integer,
  list,
  older,
  pickle,
  TRUE,
  tensor,
  text,
} from './pickle-writer.js';
import { torchZip } from './zip-writer.js';

const test = suite('weights/PyTorch files');
const FILES = ['zip-2.pt', 'zip-3.pt', 'zip-4.pt', 'older-2.pt', 'older-3.pt', 'older-4.pt'];

/** Bytes, so that NaN equals NaN and −0 is not 0. */
const raw = (array: TypedArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

test('files that torch.save wrote are read bit for bit, of every type, view, protocol and layout', async () => {
  await withFile(golden('expected.safetensors'), async (source) => {
    const expected = await openSafetensors(source);
    for (const name of FILES) {
      const checkpoint = await openCheckpoint(golden(name));
      assert.equal(checkpoint.format, name.startsWith('zip') ? 'PyTorch zip' : 'PyTorch, older layout');
      assert.deepEqual([...checkpoint.tensors.keys()].sort(), [...expected.tensors.keys()].sort());
      for (const [tensorName, { dtype, shape }] of expected.tensors) {
        const found = checkpoint.tensors.get(tensorName)!;
        assert.deepEqual([found.dtype, found.shape], [dtype, shape], `${name} ${tensorName}`);
        assert.deepEqual(
          raw(await checkpoint.read(tensorName)),
          raw(await expected.read(tensorName)),
          `${name} ${tensorName}`,
        );
        assert.deepEqual(raw(await checkpoint.readAsF32(tensorName)), raw(await expected.readAsF32(tensorName)));
      }
      await checkpoint.close();
    }
  });
});

test('plain values keep their dotted names', async () => {
  for (const name of FILES) {
    const checkpoint = await openCheckpoint(golden(name));
    assert.deepEqual(Object.fromEntries(checkpoint.values), {
      epoch: 7,
      global_step: 2 ** 40,
      rate: 6e-5,
      name: 'größe',
      done: false,
      nothing: null,
      'history.0': 0.5,
      'history.1.0': 1,
      'history.1.1': 2,
      'history.2.loss': 0.25,
      'history.2.3': 'three',
    });
    await checkpoint.close();
  }
});

test('streams and parts give what reading the whole gives', async () => {
  for (const name of ['zip-2.pt', 'older-2.pt', 'expected.safetensors']) {
    const checkpoint = await openCheckpoint(golden(name));
    for (const [tensorName, { shape, dtype }] of checkpoint.tensors) {
      const whole = await checkpoint.read(tensorName);
      const itemSize = bitsOf(dtype) / 8;
      for (const bytes of [1, 3 * itemSize, 7 * itemSize, 2 ** 20]) {
        const pieces: Uint8Array[] = [];
        for await (const piece of checkpoint.stream(tensorName, bytes)) {
          assert.ok(piece.byteLength <= Math.max(bytes, itemSize));
          pieces.push(raw(piece));
        }
        assert.deepEqual(bytesOf(...pieces), raw(whole), tensorName);
      }
      const all = countOf(shape);
      await assert.rejects(checkpoint.readPart(tensorName, all, 1), { name: 'LayoutError' });
      await assert.rejects(checkpoint.readPart(tensorName, -1, 1), { name: 'LayoutError' });
    }
    await assert.rejects(checkpoint.read('state_dict.f23'), /state_dict\.f32/);
    await checkpoint.close();
  }
});

test('any view of a storage is gathered as its strides say, also in parts', async () => {
  const size = 64;
  const data = Uint8Array.from({ length: size }, (_, i) => i);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 9 })), { maxLength: 4 }),
      fc.nat({ max: 9 }),
      fc.nat(),
      fc.nat(),
      async (dims, offset, a, b) => {
        const shape = dims.map(([n]) => n);
        const strides = dims.map(([, stride]) => stride);
        const reach = dims.reduce((sum, [n, stride]) => sum + (n - 1) * stride, offset);
        fc.pre(shape.includes(0) || reach < size);
        const object = pickle(dict({ t: tensor({ type: 'ByteStorage', size, offset, shape, strides }) }));
        const checkpoint = await readCheckpoint(memorySource(older(object, [['0', size, data]])));
        const expected: number[] = [];
        const walk = (d: number, at: number): void => {
          if (d === shape.length) expected.push(at);
          else for (let i = 0; i < shape[d]!; i++) walk(d + 1, at + i * strides[d]!);
        };
        walk(0, offset);
        assert.deepEqual([...(await checkpoint.read('t'))], expected);
        const first = expected.length === 0 ? 0 : a % expected.length;
        const count = expected.length === 0 ? 0 : b % (expected.length - first + 1);
        assert.deepEqual([...(await checkpoint.readPart('t', first, count))], expected.slice(first, first + count));
      },
    ),
    { numRuns: 300 },
  );
});

test('what older versions of Python and torch wrote is read', async () => {
  const pairs = list(list(text('a'), tensor({ module: 'torch.cuda' })), list(text('b'), integer(1)));
  const byPairs = pickle(called(globalNamed('collections', 'OrderedDict'), pairs));
  const data = new Uint8Array(Float32Array.of(1, 2).buffer);
  const first = await readCheckpoint(memorySource(older(byPairs, [['0', 2, data]])));
  assert.deepEqual([...(await first.readAsF32('a'))], [1, 2]);
  assert.equal(first.values.get('b'), 1);
  // Python 2's strings, and a parameter.
  const parameter = called(
    globalNamed('torch._utils', '_rebuild_parameter'),
    tensor(),
    TRUE,
    called(globalNamed('collections', 'OrderedDict')),
  );
  const second = await readCheckpoint(memorySource(torchZip(pickle('}U\x01w', parameter, 's'), { 0: data })));
  assert.deepEqual([...(await second.readAsF32('w'))], [1, 2]);
});

test('a checkpoint that is one tensor, and one without any, are read', async () => {
  const data = new Uint8Array(Float32Array.of(1, 2).buffer);
  const one = await readCheckpoint(memorySource(torchZip(pickle(tensor()), { 0: data })));
  assert.deepEqual([...(await one.readAsF32('tensor'))], [1, 2]);
  const none = await readCheckpoint(memorySource(torchZip(pickle('}'))));
  assert.deepEqual([none.tensors.size, none.values.size], [0, 0]);
});

test('twenty thousand tensors are within the limits', async () => {
  const entries = Array.from({ length: 20_000 }, (_, i): [string, Uint8Array] => [`layers.${i}.weight`, tensor()]);
  const file = older(pickle(dict(Object.fromEntries(entries))), [['0', 2, new Uint8Array(8)]]);
  const checkpoint = await readCheckpoint(memorySource(file));
  assert.equal(checkpoint.tensors.size, entries.length);
  assert.equal((await checkpoint.read('layers.19999.weight')).length, 2);
});

test('weights load from any format, their dimensions put into the order asked for', async () => {
  const asked = [
    { name: 'state_dict.f32', shape: [4, 3], torchOrder: [1, 0] },
    { name: 'state_dict.deep.permuted', shape: [2, 5, 3, 4], torchOrder: [0, 2, 3, 1] },
  ];
  const expectedOf = async (checkpoint: Checkpoint): Promise<number[][]> => {
    const linear = await checkpoint.readAsF32('state_dict.f32');
    const deep = await checkpoint.readAsF32('state_dict.deep.permuted');
    return [
      Array.from({ length: 12 }, (_, i) => linear[(i % 3) * 4 + Math.floor(i / 3)]!),
      Array.from({ length: 120 }, (_, i) => {
        const [a, c, d, b] = [Math.floor(i / 60), Math.floor(i / 12) % 5, Math.floor(i / 4) % 3, i % 4];
        return deep[((a! * 4 + b!) * 5 + c!) * 3 + d!]!;
      }),
    ];
  };
  for (const name of ['zip-2.pt', 'older-2.pt', 'expected.safetensors']) {
    const checkpoint = await openCheckpoint(golden(name));
    const loaded = await loadTensors(checkpoint, asked, { allowUnexpected: true });
    assert.deepEqual(
      asked.map((each) => [...loaded.get(each.name)!]),
      await expectedOf(checkpoint),
    );
    await assert.rejects(
      loadTensors(checkpoint, [{ name: 'state_dict.f32', shape: [3, 4], torchOrder: [1, 0] }], {
        allowUnexpected: true,
      }),
      /expected \[4, 3\], found \[3, 4\]/,
    );
    await checkpoint.close();
  }
});

test.run();
