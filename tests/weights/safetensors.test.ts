import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { viewAs } from '../../weights/dtype.js';
import {
  type ByteSource,
  bitsOf,
  blobSource,
  DTYPES,
  encodeSafetensors,
  HeaderError,
  itemSize,
  LayoutError,
  memorySource,
  NonFiniteError,
  openFile,
  openSafetensors,
  SourceError,
  type TensorToWrite,
  TensorTypeError,
  tensorOf,
  UnknownTensorError,
  WriteError,
  withFile,
  writeSafetensors,
} from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { inScratchFolder } from './scratch.js';

const test = suite('weights/safetensors');

const plainNames = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((name) => {
  return !/[\p{Cc}\\]/u.test(name) && !/^([A-Za-z]:)?\//.test(name) && !name.split('/').includes('..');
});
const awkwardNames = fc.constantFrom('0', '17', '__proto__', 'constructor', 'a"b', 'encoder.0.weight', 'ünï', '😀');

const tensors = fc.uniqueArray(
  fc
    .record({
      name: fc.oneof(plainNames, awkwardNames),
      dtype: fc.constantFrom(...DTYPES),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      seed: fc.integer({ min: 0, max: 255 }),
    })
    .map(({ name, dtype, shape, seed }): TensorToWrite => {
      const length = shape.reduce((product, size) => product * size, itemSize(dtype));
      const bytes = Uint8Array.from({ length }, (_, i) => (seed + 31 * i) & 0xff);
      return { name, dtype, shape, data: viewAs(dtype, bytes) };
    }),
  { selector: ({ name }) => name, maxLength: 8 },
);
const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }).map((entries) => ({ ...entries }));

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

test('any tensors and metadata come back as they were', async () => {
  await fc.assert(
    fc.asyncProperty(tensors, metadata, async (written, facts) => {
      const bytes = await encodeSafetensors(written, facts);
      const file = await openSafetensors(memorySource(bytes));
      assert.deepEqual({ ...file.metadata }, facts);
      assert.deepEqual([...file.tensors.keys()].sort(), written.map(({ name }) => name).sort());
      for (const { name, dtype, shape, data } of written) {
        const entry = file.tensors.get(name)!;
        assert.equal(entry.dtype, dtype);
        assert.deepEqual(entry.shape, shape);
        const read = await file.read(name);
        assert.equal(read.constructor, (data as ArrayBufferView).constructor);
        assert.deepEqual(bytesOf(read), bytesOf(data as ArrayBufferView));
      }
    }),
    { numRuns: 200 },
  );
});

test('the bytes do not depend on the order of tensors or metadata, and every tensor is aligned', async () => {
  await fc.assert(
    fc.asyncProperty(tensors, metadata, async (written, facts) => {
      const bytes = await encodeSafetensors(written, facts);
      const reversed = Object.fromEntries(Object.entries(facts).reverse());
      assert.deepEqual(await encodeSafetensors([...written].reverse(), reversed), bytes);
      const { tensors: entries } = await openSafetensors(memorySource(bytes));
      for (const { dtype, offset } of entries.values()) assert.equal(offset % (bitsOf(dtype) / 8), 0);
    }),
  );
});

test('the layout is the published one, byte for byte', async () => {
  const bytes = await encodeSafetensors([{ name: 'a', dtype: 'F32', shape: [2], data: Float32Array.of(1, -2) }], {
    k: 'v',
  });
  const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'.padEnd(80);
  assert.equal(new DataView(bytes.buffer).getBigUint64(0, true), 80n);
  assert.equal(new TextDecoder().decode(bytes.subarray(8, 88)), header);
  assert.deepEqual([...bytes.subarray(88)], [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
});

test('headers of other writers are read: spaces, escapes, any order, unaligned data', async () => {
  const text =
    ' {\n"b" : {"shape":[ ] , "data_offsets":[1 ,5],"dtype":"F32"},\t"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}  ';
  // The format asks for a brace first; the length is left odd so that the data are not aligned.
  const header = new TextEncoder().encode(text.trimStart());
  const bytes = new Uint8Array(8 + header.length + 5);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set([7, 0, 0, 0x80, 0x3f], 8 + header.length);
  const file = await openSafetensors(memorySource(bytes));
  assert.deepEqual([...(await file.read('a'))], [7]);
  assert.deepEqual([...(await file.readAsF32('b'))], [1]);
});

test('every element type is read as f32', async () => {
  const written: TensorToWrite[] = [
    { name: 'F64', dtype: 'F64', shape: [2], data: Float64Array.of(1, -2) },
    { name: 'I64', dtype: 'I64', shape: [2], data: BigInt64Array.of(1n, -2n) },
    { name: 'I32', dtype: 'I32', shape: [2], data: Int32Array.of(1, -2) },
    { name: 'I16', dtype: 'I16', shape: [2], data: Int16Array.of(1, -2) },
    { name: 'I8', dtype: 'I8', shape: [2], data: Int8Array.of(1, -2) },
    tensorOf('F32', [2], Float32Array.of(1, -2)),
    tensorOf('F16', [2], Float32Array.of(1, -2), 'F16'),
    tensorOf('BF16', [2], Float32Array.of(1, -2), 'BF16'),
  ];
  const file = await openSafetensors(memorySource(await encodeSafetensors(written)));
  for (const { name } of written) assert.deepEqual(await file.readAsF32(name), Float32Array.of(1, -2), name);
  const unsigned: TensorToWrite[] = [
    { name: 'U64', dtype: 'U64', shape: [2], data: BigUint64Array.of(1n, 2n ** 40n) },
    { name: 'U32', dtype: 'U32', shape: [2], data: Uint32Array.of(1, 2 ** 31) },
    { name: 'U16', dtype: 'U16', shape: [2], data: Uint16Array.of(1, 65535) },
    { name: 'U8', dtype: 'U8', shape: [2], data: Uint8Array.of(1, 255) },
    { name: 'BOOL', dtype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) },
  ];
  const other = await openSafetensors(memorySource(await encodeSafetensors(unsigned)));
  const values = await Promise.all(unsigned.map(async ({ name }) => [...(await other.readAsF32(name))]));
  assert.deepEqual(values, [
    [1, 2 ** 40],
    [1, 2 ** 31],
    [1, 65535],
    [1, 255],
    [1, 0],
  ]);
});

test('files, blobs and memory give the same, and reads are the caller’s own', async () => {
  await inScratchFolder(async (folder) => {
    const path = join(folder, 'a.safetensors');
    const digest = await writeSafetensors(path, [tensorOf('w', [3], Float32Array.of(1, 2, 3))]);
    const bytes = await readFile(path);
    assert.equal(digest.bytes, bytes.length);
    await withFile(path, async (onDisk) => {
      for (const source of [onDisk, blobSource(new Blob([bytes])), memorySource(bytes)]) {
        const file = await openSafetensors(source);
        const first = await file.readAsF32('w');
        first.fill(0);
        assert.deepEqual([...(await file.readAsF32('w'))], [1, 2, 3]);
      }
    });
  });
});

test('tensors beyond 4 GiB are read from where they are', async () => {
  // A file of 6 GB of which only the two ends exist.
  const size = 1_500_000_000;
  const header = new TextEncoder().encode(
    JSON.stringify({
      big: { dtype: 'F32', shape: [size], data_offsets: [0, 4 * size] },
      last: { dtype: 'F32', shape: [1], data_offsets: [4 * size, 4 * size + 4] },
    }),
  );
  const asked: [number, number][] = [];
  const source: ByteSource = {
    name: 'huge',
    size: 8 + header.length + 4 * size + 4,
    async read(offset, length) {
      asked.push([offset, length]);
      if (offset > 2 ** 32) return new Uint8Array(Float32Array.of(42).buffer);
      const start = new Uint8Array(8 + header.length);
      new DataView(start.buffer).setBigUint64(0, BigInt(header.length), true);
      start.set(header, 8);
      return start.slice(offset, offset + length);
    },
  };
  const file = await openSafetensors(source);
  assert.deepEqual([...(await file.readAsF32('last'))], [42]);
  assert.deepEqual(asked.at(-1), [8 + header.length + 4 * size, 4]);
});

test('tensors are fetched one at a time, when their turn comes', async () => {
  let inFlight = 0;
  const lazy = (name: string, value: number): TensorToWrite => ({
    name,
    dtype: 'F32',
    shape: [1],
    data: async () => {
      assert.equal(++inFlight, 1);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight--;
      return Float32Array.of(value);
    },
  });
  const file = await openSafetensors(memorySource(await encodeSafetensors([lazy('x', 1), lazy('y', 2)])));
  assert.deepEqual([...(await file.readAsF32('x')), ...(await file.readAsF32('y'))], [1, 2]);
});

test('the writer refuses what the reader would', async () => {
  const one = Float32Array.of(1);
  const refused: [TensorToWrite[], new (...args: never[]) => Error][] = [
    [[tensorOf('', [1], one)], HeaderError],
    [[tensorOf('__metadata__', [1], one)], HeaderError],
    [[tensorOf('../a', [1], one)], HeaderError],
    [[tensorOf('\ud800', [1], one)], HeaderError],
    [[tensorOf('a', [1], one), tensorOf('a', [1], one)], HeaderError],
    [[tensorOf('a', [2], one)], LayoutError],
    [[tensorOf('a', [-1], one)], LayoutError],
    [[tensorOf('a', [0.5], one)], LayoutError],
    [[{ name: 'a', dtype: 'F99' as 'F32', shape: [1], data: one }], TensorTypeError],
    [[{ name: 'a', dtype: 'F32', shape: [1], data: Int32Array.of(1) }], TensorTypeError],
  ];
  for (const [written, kind] of refused) await assert.rejects(encodeSafetensors(written), kind);
  await assert.rejects(encodeSafetensors([], { a: 1 as unknown as string }), HeaderError);
  assert.throws(() => tensorOf('a', [2], Float32Array.of(1, 65520), 'F16'), NonFiniteError);
  assert.throws(() => tensorOf('a', [1], Float32Array.of(-3.4e38), 'BF16'), NonFiniteError);
});

test('a write that fails or is cancelled leaves the old file and nothing else', async () => {
  await inScratchFolder(async (folder) => {
    const path = join(folder, 'a.safetensors');
    await writeFile(path, 'the old one');
    const broken: TensorToWrite = {
      name: 'late',
      dtype: 'F32',
      shape: [1],
      data: () => Promise.reject(new RangeError('the GPU is gone')),
    };
    const early = tensorOf('early', [1], Float32Array.of(1));
    await assert.rejects(writeSafetensors(path, [early, broken]), RangeError);
    const cancelled = AbortSignal.abort(new EvalError('cancelled'));
    await assert.rejects(writeSafetensors(path, [early], { signal: cancelled }), EvalError);
    assert.equal(await readFile(path, 'utf8'), 'the old one');
    assert.deepEqual(await readdir(folder), ['a.safetensors']);
    await assert.rejects(writeSafetensors(join(folder, 'none', 'b'), [early]), WriteError);
    await assert.rejects(writeSafetensors(folder, [early]), WriteError);
    assert.deepEqual(await readdir(folder), ['a.safetensors']);
  });
});

test('a name that is not there, and a file that shrinks, are named errors', async () => {
  await inScratchFolder(async (folder) => {
    const path = join(folder, 'a.safetensors');
    await writeSafetensors(path, [tensorOf('w', [3], Float32Array.of(1, 2, 3))]);
    const source = await openFile(path);
    try {
      const file = await openSafetensors(source);
      await assert.rejects(file.read('v'), UnknownTensorError);
      await writeFile(path, (await readFile(path)).subarray(0, -4));
      await assert.rejects(file.read('w'), SourceError);
      await assert.rejects(source.read(source.size, 1), SourceError);
      await assert.rejects(source.read(-1, 1), SourceError);
    } finally {
      await source.close();
    }
  });
});

test.run();
