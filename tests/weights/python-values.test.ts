/** What stands beside the tensors of a PyTorch file: plain values of Python, torch and NumPy, named and never executed. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { convertCheckpoint, memorySource, openCheckpoint, readCheckpoint } from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { golden } from './goldens.js';
import { called, dict, globalNamed, integer, list, pickle, tensor, text, tuple } from './pickle-writer.js';
import { inScratchFolder } from './scratch.js';
import { torchZip } from './zip-writer.js';

const test = suite('weights/values beside tensors');

/** `values(False)` of tests/oracle/torch_files.py; what JavaScript has no type for, as Python writes it. */
const VALUES = {
  dtype: 'torch.float16',
  'dtypes.0': 'torch.bfloat16',
  'dtypes.1': 'torch.int64',
  'dtypes.2': 'torch.qint8',
  size: 'torch.Size([2, 3])',
  device: "device(type='cuda', index=0)",
  cpu: "device(type='cpu')",
  'set.0': 7,
  'frozen.0': 'a',
  bytes: "b'\\x00\\'\\xff'",
  none: "b''",
  array: "bytearray(b'ab\\x80')",
  z: 'complex(1, -2.5)',
  'state.0.step': 3,
  'milestones.30': 1,
  'keys.None': 1,
  'keys.True': 2,
  'keys.1180591620717411303424': 3,
  big: 2n ** 127n,
  // The name of a value may be anything; only tensors' names are checked for ways out of a folder.
  '/data/clip.wav': 1,
};

const NUMPY = {
  'numpy.f64': 0.25,
  'numpy.f32': 0.5,
  'numpy.f16': -1.5,
  'numpy.i64': -(2n ** 62n),
  'numpy.u8': 255,
  'numpy.bool': true,
  'numpy.str': 'ö',
  'numpy.c64': 'complex(1, 2)',
  'numpy.date': "numpy.datetime64 b'VG\\x00\\x00\\x00\\x00\\x00\\x00'",
  'numpy.swapped': 0.5,
  'numpy.mean': "numpy.ndarray([1, 2], dtype('float32'))",
  'numpy.names': "numpy.ndarray([2], dtype('object'))",
  'numpy.dtype': "dtype('int32')",
};

async function valuesOf(file: Uint8Array<ArrayBuffer>): Promise<Record<string, unknown>> {
  const { values } = await readCheckpoint(memorySource(file));
  return plain(values);
}

/** Python's own values by their texts. */
function plain(values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    [...values].map(([name, value]) => [name, typeof value === 'object' && value !== null ? String(value) : value]),
  );
}

for (const protocol of [2, 3, 4, 5]) {
  test(`values that torch wrote with protocol ${protocol} are listed, in both layouts`, async () => {
    const zip = await openCheckpoint(golden(`values-zip-${protocol}.pt`));
    assert.deepEqual(plain(zip.values), { ...VALUES, ...NUMPY });
    const older = await openCheckpoint(golden(`values-older-${protocol}.pt`));
    assert.deepEqual(plain(older.values), VALUES);
    await zip.close();
    await older.close();
  });
}

test('what older versions wrote is listed: NumPy 1’s modules, byte order, empty containers', async () => {
  const float = called(globalNamed('numpy', 'dtype'), text('f4'), integer(0), integer(1));
  const state = tuple(integer(3), text('>'), 'NNN', integer(-1), integer(-1), integer(0));
  const scalar = called(
    globalNamed('numpy.core.multiarray', 'scalar'),
    float,
    state,
    'b',
    called(globalNamed('_codecs', 'encode'), text('?\u0080\0\0'), text('latin1')),
  );
  const values = await valuesOf(
    torchZip(
      pickle(
        dict({
          scalar,
          none: called(globalNamed('__builtin__', 'set')),
          some: called(globalNamed('__builtin__', 'set'), list(integer(1), integer(2))),
          array: called(globalNamed('__builtin__', 'bytearray'), text('\u00e9'), text('latin-1')),
          pair: tuple('\x8f', list()),
        }),
      ),
    ),
  );
  assert.deepEqual(values, { scalar: 1, 'some.0': 1, 'some.1': 2, array: "bytearray(b'\\xe9')" });
});

test('numbers of NumPy keep their value to the last bit', async () => {
  const scalar = (code: string, bytes: Uint8Array): Uint8Array =>
    called(
      globalNamed('numpy._core.multiarray', 'scalar'),
      called(globalNamed('numpy', 'dtype'), text(code)),
      new Uint8Array([0x43, bytes.length, ...bytes]),
    );
  const raw = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer);
  const values = await valuesOf(
    torchZip(
      pickle(
        dict({
          pi: scalar('f8', raw(Float64Array.of(Math.PI))),
          nan: scalar('f8', raw(Float64Array.of(Number.NaN))),
          i1: scalar('i1', raw(Int8Array.of(-128))),
          i2: scalar('i2', raw(Int16Array.of(-2))),
          u4: scalar('u4', raw(Uint32Array.of(2 ** 32 - 1))),
          u8: scalar('u8', raw(BigUint64Array.of(2n ** 64n - 1n))),
        }),
      ),
    ),
  );
  assert.deepEqual(values, { pi: Math.PI, nan: Number.NaN, i1: -128, i2: -2, u4: 2 ** 32 - 1, u8: 2n ** 64n - 1n });
});

test('a converted file keeps them as metadata', async () => {
  await inScratchFolder(async (folder) => {
    const object = dict({
      w: tensor(),
      dtype: globalNamed('torch', 'bfloat16'),
      device: called(globalNamed('torch', 'device'), text('mps'), integer(0)),
      tokens: new Uint8Array([0x43, 3, 0x61, 0x0a, 0xff]),
    });
    const file = torchZip(pickle(object), { 0: new Uint8Array(Float32Array.of(1, 2).buffer) });
    const path = join(folder, 'out.safetensors');
    await convertCheckpoint(await readCheckpoint(memorySource(file)), path);
    const converted = await openCheckpoint(path);
    assert.deepEqual(Object.fromEntries(converted.values), {
      device: "device(type='mps', index=0)",
      dtype: 'torch.bfloat16',
      tokens: "b'a\\x0a\\xff'",
    });
    await converted.close();
  });
});

test.run();
