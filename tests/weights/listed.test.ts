/** Tensors of types that nobody here computes with: listed with the others, refused by name when they are used. */

import assert from 'node:assert/strict';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bitsOf,
  type Checkpoint,
  convertCheckpoint,
  countOf,
  loadTensors,
  memorySource,
  openCheckpoint,
  openSafetensors,
  TensorTypeError,
  uploadWeights,
  withFile,
} from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { golden } from './goldens.js';
import { inScratchFolder } from './scratch.js';

const test = suite('weights/types that are only listed');

/** What tests/oracle/torch_files.py put into listed.safetensors with the format's own writer. */
const LISTED = {
  complex: ['C64', [2, 4], 64],
  float8_e5m2fnuz: ['F8_E5M2FNUZ', [2, 4], 8],
  float8_e4m3fnuz: ['F8_E4M3FNUZ', [2, 4], 8],
  float8_e8m0fnu: ['F8_E8M0', [2, 4], 8],
  float8_e4m3fn: ['F8_E4M3', [2, 4], 8],
  float8_e5m2: ['F8_E5M2', [2, 4], 8],
  // torch counts bytes of two elements, safetensors counts elements.
  float4_e2m1fn_x2: ['F4', [2, 8], 8],
} as const;

/** A safetensors file of one tensor. */
function fileOf(dtype: string, shape: readonly number[], bytes: number): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ t: { dtype, shape, data_offsets: [0, bytes] } }));
  const file = new Uint8Array(8 + header.length + bytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  return file;
}

test('every type of the safetensors format is listed with its shape and bytes, and the rest of the file is read', async () => {
  await withFile(golden('listed.safetensors'), async (source) => {
    const file = await openSafetensors(source);
    const { weight, ...others } = Object.fromEntries(file.tensors);
    assert.deepEqual(
      Object.fromEntries(
        Object.entries(others).map(([name, { dtype, shape, length }]) => [name, [dtype, shape, length]]),
      ),
      LISTED,
    );
    assert.equal(weight!.dtype, 'F32');
    assert.deepEqual([...(await file.readAsF32('weight'))], [1, 2]);
    await assert.rejects(file.read('float8_e4m3fn'), TensorTypeError);
    await assert.rejects(file.readPart('complex', 0, 1), TensorTypeError);
    await assert.rejects(file.readAsF32('float4_e2m1fn_x2'), TensorTypeError);
  });
});

test('elements of 4 and 6 bits fill whole bytes, or the file is refused', async () => {
  for (const [dtype, shape, bytes] of [
    ['F4', [2, 3], 3],
    ['F4', [0], 0],
    ['F6_E2M3', [4], 3],
    ['F6_E3M2', [2, 4], 6],
  ] as const) {
    const { tensors } = await openSafetensors(memorySource(fileOf(dtype, shape, bytes)));
    assert.deepEqual([tensors.get('t')?.dtype, tensors.get('t')?.length], [dtype, bytes]);
  }
  for (const [dtype, shape, bytes] of [
    ['F4', [3], 1],
    ['F4', [3], 2],
    ['F6_E2M3', [3], 2],
    ['F8_E4M3', [3], 6],
  ] as const) {
    await assert.rejects(openSafetensors(memorySource(fileOf(dtype, shape, bytes))), { name: 'LayoutError' });
  }
});

test('a type that the format does not have is refused with the file: its bytes cannot be checked', async () => {
  // The last three are known from PyTorch files alone.
  for (const dtype of ['F9', 'INT4', 'F4_X2', 'C32', 'C128']) {
    await assert.rejects(openSafetensors(memorySource(fileOf(dtype, [1], 1))), TensorTypeError);
  }
});

/** A checkpoint in each format, and one of its tensors that is only listed. */
async function eachFormat(
  use: (checkpoint: Checkpoint, tensor: string, dtype: string) => Promise<void>,
): Promise<void> {
  await inScratchFolder(async (folder) => {
    await copyFile(golden('listed.safetensors'), join(folder, 'one.safetensors'));
    const map = Object.fromEntries([...Object.keys(LISTED), 'weight'].map((name) => [name, 'one.safetensors']));
    await writeFile(join(folder, 'index.json'), JSON.stringify({ weight_map: map }));
    for (const [path, tensor, dtype] of [
      [golden('listed.safetensors'), 'float8_e4m3fn', 'F8_E4M3'],
      [join(folder, 'index.json'), 'complex', 'C64'],
      [golden('values-zip-2.pt'), 'f8.float8_e5m2', 'F8_E5M2'],
      [golden('values-older-4.pt'), 'conjugate', 'C128'],
    ] as const) {
      const checkpoint = await openCheckpoint(path);
      await use(checkpoint, tensor, dtype);
      await checkpoint.close();
    }
  });
}

const refusal =
  (tensor: string, dtype: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof TensorTypeError, String(error));
    assert.deepEqual([error.tensor, error.found], [tensor, dtype]);
    assert.ok(error.message.includes(tensor) && error.message.includes(dtype), error.message);
    return true;
  };

test('reading one is refused by name and type, whatever the format; its neighbours are read', async () => {
  await eachFormat(async (checkpoint, tensor, dtype) => {
    const refused = refusal(tensor, dtype);
    assert.equal(checkpoint.tensors.get(tensor)?.dtype, dtype);
    await assert.rejects(checkpoint.read(tensor), refused);
    await assert.rejects(checkpoint.readPart(tensor, 0, 1), refused);
    await assert.rejects(checkpoint.readAsF32(tensor), refused);
    await assert.rejects(checkpoint.stream(tensor).next(), refused);
    assert.deepEqual([...(await checkpoint.read('weight'))], [1, 2]);
  });
});

test('loading and uploading refuse one before anything is read or written', async () => {
  await eachFormat(async (checkpoint, tensor, dtype) => {
    const { shape } = checkpoint.tensors.get(tensor)!;
    const specs = [
      { name: 'weight', shape: [2] },
      { name: tensor, shape },
    ];
    const target = { variables: { writePart: () => assert.fail('written') }, idle: async () => {} };
    await assert.rejects(uploadWeights(checkpoint, specs, target, { allowUnexpected: true }), refusal(tensor, dtype));
    await assert.rejects(loadTensors(checkpoint, specs, { allowUnexpected: true }), refusal(tensor, dtype));
    // Not asked for, it is no obstacle.
    const loaded = await loadTensors(checkpoint, specs.slice(0, 1), { allowUnexpected: true });
    assert.deepEqual([...loaded.get('weight')!], [1, 2]);
  });
});

test('converting a file with one is refused before anything is written', async () => {
  await eachFormat(async (checkpoint) => {
    await inScratchFolder(async (folder) => {
      await assert.rejects(convertCheckpoint(checkpoint, join(folder, 'out.safetensors')), TensorTypeError);
      assert.deepEqual(await readdir(folder), []);
    });
  });
});

test('PyTorch files list theirs alike in both layouts and all protocols', async () => {
  const f8 = ['e4m3fn', 'e4m3fnuz', 'e5m2', 'e5m2fnuz'].map((name) => [
    `f8.float8_${name}`,
    `F8_${name.toUpperCase().replace(/FN$/, '')}`,
    6,
  ]);
  const expected = [
    ['weight', 'F32', 8],
    ['u16', 'U16', 4],
    ['u64', 'U64', 8],
    ...f8,
    ['f8.float8_e8m0fnu', 'F8_E8M0', 6],
    ['f4', 'F4_X2', 6],
    ['column', 'F8_E4M3', 2],
    ['complex', 'C64', 16],
    ['conjugate', 'C128', 32],
  ];
  for (const layout of ['zip', 'older']) {
    for (const protocol of [2, 3, 4, 5]) {
      const checkpoint = await openCheckpoint(golden(`values-${layout}-${protocol}.pt`));
      assert.deepEqual(
        [...checkpoint.tensors].map(([name, { dtype, shape }]) => [name, dtype, (countOf(shape) * bitsOf(dtype)) / 8]),
        expected,
      );
      // Kept by torch as bytes with a type beside them, like float8, but read.
      assert.deepEqual(await checkpoint.read('u16'), Uint16Array.of(1, 65535));
      assert.deepEqual(await checkpoint.read('u64'), BigUint64Array.of(2n ** 40n));
      await checkpoint.close();
    }
  }
});

test.run();
