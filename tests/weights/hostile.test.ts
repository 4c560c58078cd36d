/** Damaged, foreign and hostile files: each is refused with a named error, quickly and without large allocations. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  encodeSafetensors,
  HeaderError,
  LayoutError,
  loadTensors,
  memorySource,
  NonFiniteError,
  openFile,
  openSafetensors,
  SourceError,
  TensorTypeError,
  tensorOf,
  WeightsError,
} from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { inScratchFolder } from './scratch.js';

const test = suite('weights/hostile files');

type Kind = new (...args: never[]) => WeightsError;

function file(header: string | Uint8Array, dataBytes = 0, declared?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, declared ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const entry = (shape: string, offsets: string, dtype = '"F32"'): string =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
const one = (shape: string, offsets: string, dtype?: string): string => `{"a":${entry(shape, offsets, dtype)}}`;
const good = one('[2]', '[0,8]');

const refused: [what: string, bytes: Uint8Array, kind: Kind, says?: RegExp][] = [
  ['an empty file', new Uint8Array(0), HeaderError, /empty/],
  ['one byte', Uint8Array.of(1), HeaderError, /too short/],
  ['seven bytes', new Uint8Array(7), HeaderError, /too short/],
  ['zeros', new Uint8Array(1000), HeaderError, /length/],
  ['ones', new Uint8Array(1000).fill(0xff), HeaderError, /length/],
  ['a zip', ascii('PK\x03\x04' + '\0'.repeat(60)), HeaderError, /PyTorch/],
  ['a pickle', ascii('\x80\x02}q\x00' + '\0'.repeat(60)), HeaderError, /pickle/],
  ['an HDF5 file', ascii('\x89HDF\r\n\x1a\n' + '\0'.repeat(60)), HeaderError, /HDF5/],
  ['a NumPy array', ascii('\x93NUMPY' + '\0'.repeat(60)), HeaderError, /NumPy/],
  ['a GGUF file', ascii('GGUF' + '\0'.repeat(60)), HeaderError, /GGUF/],
  ['an LFS pointer', ascii('version https://git-lfs.github.com/spec/v1\noid sha256:0'), HeaderError, /LFS/],
  ['a web page', ascii('<!DOCTYPE html><html><body>404</body></html>'), HeaderError, /web page/],
  ['a header longer than the file', file(good, 8, 1000n), HeaderError, /length/],
  ['a header of 2^63 bytes', file(good, 8, 2n ** 63n), HeaderError, /length/],
  ['a header of 2^64 − 1 bytes', file(good, 8, 2n ** 64n - 1n), HeaderError, /length/],
  ['a header of no bytes', file(good, 8, 0n), HeaderError, /length/],
  ['a header of one byte', file(good, 8, 1n), HeaderError, /length/],
  ['a header cut short', file(good, 8, BigInt(good.length - 3)), HeaderError],
  ['a header that takes in data', file(good, 8, BigInt(good.length + 4)), HeaderError, /more after/],
  ['text instead of JSON', file('hello, world'), HeaderError, /begin with \{/],
  ['a list', file('[1,2,3]'), HeaderError, /begin with \{/],
  ['a byte order mark', file('\ufeff' + good, 8), HeaderError, /begin with \{/],
  ['JSON without an end', file('{"a":{"dtype":"F32"'), HeaderError],
  ['a string without an end', file('{"a'), HeaderError],
  ['a string that ends in a backslash', file('{"a\\'), HeaderError],
  ['a false escape', file(`{"\\x":${entry('[2]', '[0,8]')}}`, 8), HeaderError],
  ['a line break in a string', file(`{"a\n":${entry('[2]', '[0,8]')}}`, 8), HeaderError],
  ['a comma too many', file(`{"a":${entry('[2]', '[0,8]')},}`, 8), HeaderError],
  ['a number as tensor', file('{"a":1}'), HeaderError],
  ['null as tensor', file('{"a":null}'), HeaderError],
  ['two objects', file('{}{}'), HeaderError, /more after/],
  ['deep nesting', file(`{"a":${'['.repeat(200_000)}`), HeaderError],
  ['deep nesting of objects', file('{"a":'.repeat(200_000)), HeaderError],
  ['bytes that are no UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d)), HeaderError, /UTF-8/],
  ['UTF-8 cut in a character', file(Uint8Array.of(0x7b, 0x22, 0xe2, 0x82)), HeaderError, /UTF-8/],
  ['a name twice', file(`{"a":${entry('[2]', '[0,8]')},"a":${entry('[2]', '[8,16]')}}`, 16), HeaderError, /twice/],
  [
    'a name twice, once escaped',
    file(`{"a":${entry('[]', '[0,4]')},"\\u0061":${entry('[]', '[4,8]')}}`, 8),
    HeaderError,
    /twice/,
  ],
  [
    'a field twice',
    file('{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8),
    HeaderError,
    /twice/,
  ],
  ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), HeaderError, /twice/],
  ['a metadata name twice', file('{"__metadata__":{"a":"1","a":"2"}}'), HeaderError, /twice/],
  ['metadata that is no string', file('{"__metadata__":{"a":1}}'), HeaderError, /not a string/],
  ['metadata that is a list', file('{"__metadata__":[]}'), HeaderError],
  [
    'an unknown field',
    file('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}', 8),
    HeaderError,
    /unknown field/,
  ],
  [
    'a field named like a method',
    file('{"a":{"toString":"F32","shape":[2],"data_offsets":[0,8]}}', 8),
    HeaderError,
    /unknown/,
  ],
  ['no dtype', file('{"a":{"shape":[2],"data_offsets":[0,8]}}', 8), HeaderError, /needed/],
  ['no shape', file('{"a":{"dtype":"F32","data_offsets":[0,8]}}', 8), HeaderError, /needed/],
  ['no offsets', file('{"a":{"dtype":"F32","shape":[2]}}', 8), HeaderError, /needed/],
  ['one offset', file(one('[2]', '[8]'), 8), HeaderError, /needed/],
  ['three offsets', file(one('[2]', '[0,8,16]'), 8), HeaderError, /more than 2/],
  ['an unknown dtype', file(one('[2]', '[0,8]', '"F33"'), 8), TensorTypeError],
  ['a dtype named like a method', file(one('[2]', '[0,8]', '"toString"'), 8), TensorTypeError],
  ['a lower-case dtype', file(one('[2]', '[0,8]', '"f32"'), 8), TensorTypeError],
  ['a dtype that is a number', file(one('[2]', '[0,8]', '32'), 8), HeaderError],
  ['a negative size', file(one('[-2]', '[0,8]'), 8), HeaderError, /integer/],
  ['two negative sizes', file(one('[-2,-1]', '[0,8]'), 8), HeaderError, /integer/],
  ['a fractional size', file(one('[2.0]', '[0,8]'), 8), HeaderError, /integer/],
  ['an exponent', file(one('[2e0]', '[0,8]'), 8), HeaderError, /integer/],
  ['a leading zero', file(one('[02]', '[0,8]'), 8), HeaderError, /integer/],
  ['a string as size', file(one('["2"]', '[0,8]'), 8), HeaderError, /integer/],
  ['NaN as size', file(one('[NaN]', '[0,8]'), 8), HeaderError, /integer/],
  ['a size of 2^53', file(one('[9007199254740992]', '[0,8]'), 8), HeaderError, /integer/],
  ['a size of a thousand digits', file(one(`[${'9'.repeat(1000)}]`, '[0,8]'), 8), HeaderError, /integer/],
  ['a product beyond 2^53', file(one('[9007199254740991,9007199254740991]', '[0,8]'), 8), LayoutError, /impossible/],
  ['a product that would wrap to 2', file(one('[4294967296,4294967296,2]', '[0,8]'), 8), LayoutError, /impossible/],
  ['a huge size', file(one('[1000000000000]', '[0,8]'), 8), LayoutError, /disagree/],
  ['a hundred dimensions', file(one(`[${'1,'.repeat(99)}2]`, '[0,8]'), 8), HeaderError, /more than 16/],
  ['a million dimensions', file(one(`[${'1,'.repeat(999_999)}2]`, '[0,8]'), 8), HeaderError, /more than 16/],
  ['a shape that is too small', file(one('[1]', '[0,8]'), 8), LayoutError, /disagree/],
  ['a shape for another dtype', file(one('[2]', '[0,8]', '"F16"'), 8), LayoutError, /disagree/],
  ['offsets in reverse', file(one('[2]', '[8,0]'), 8), LayoutError, /disagree/],
  ['a negative offset', file(one('[2]', '[-8,0]'), 8), HeaderError, /integer/],
  ['an offset beyond the end', file(one('[2]', '[8,16]'), 8), LayoutError, /beyond the end/],
  ['data cut short', file(good, 7), LayoutError, /beyond the end/],
  ['data too long', file(good, 9), LayoutError, /no tensor/],
  ['data without tensors', file('{}', 1), LayoutError, /no tensor/],
  ['a gap at the start', file(one('[2]', '[4,12]'), 12), LayoutError, /gap/],
  ['a gap between', file(`{"a":${entry('[2]', '[0,8]')},"b":${entry('[2]', '[12,20]')}}`, 20), LayoutError, /gap/],
  ['an overlap', file(`{"a":${entry('[2]', '[0,8]')},"b":${entry('[2]', '[4,12]')}}`, 12), LayoutError, /overlap/],
  [
    'the same data twice',
    file(`{"a":${entry('[2]', '[0,8]')},"b":${entry('[2]', '[0,8]')}}`, 8),
    LayoutError,
    /overlap/,
  ],
  [
    'one inside the other',
    file(`{"a":${entry('[4]', '[0,16]')},"b":${entry('[1]', '[4,8]')}}`, 16),
    LayoutError,
    /overlap/,
  ],
  ['an empty name', file(`{"":${entry('[2]', '[0,8]')}}`, 8), HeaderError, /empty name/],
  ['a name of a million letters', file(`{"${'a'.repeat(1e6)}":${entry('[2]', '[0,8]')}}`, 8), HeaderError, /longer/],
  ['a way up', file(`{"x/../../etc":${entry('[2]', '[0,8]')}}`, 8), HeaderError, /path/],
  ['an absolute path', file(`{"/etc/passwd":${entry('[2]', '[0,8]')}}`, 8), HeaderError, /path/],
  ['a Windows path', file(`{"C:\\\\x":${entry('[2]', '[0,8]')}}`, 8), HeaderError, /path/],
  ['a zero byte in a name', file(`{"a\\u0000":${entry('[2]', '[0,8]')}}`, 8), HeaderError, /control/],
  ['half a character in a name', file(`{"\\ud800":${entry('[2]', '[0,8]')}}`, 8), HeaderError, /half/],
  [
    'more tensors than any model has',
    file(`{${Array.from({ length: 262_145 }, (_, i) => `"${i}":${entry('[0]', '[0,0]')}`).join(',')}}`),
    HeaderError,
    /more than 262144/,
  ],
  [
    'more metadata than anyone reads',
    file(`{"__metadata__":{${Array.from({ length: 65_537 }, (_, i) => `"${i}":""`).join(',')}}}`),
    HeaderError,
    /more than 65536/,
  ],
];

for (const [what, bytes, kind, says] of refused) {
  test(`${what} is refused`, async () => {
    const error = await openSafetensors(memorySource(bytes, 'some.safetensors')).then(
      () => assert.fail('it was accepted'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof kind, String(error));
    assert.match(error.message, /^some\.safetensors/);
    if (says) assert.match(error.message, says);
    assert.ok(error.message.length < 2000, 'the message quotes too much of the file');
  });
}

test('a directory, a missing file, a device, a pipe and a path through a file are refused', async () => {
  await inScratchFolder(async (folder) => {
    await mkdir(join(folder, 'model.safetensors'));
    await assert.rejects(openFile(join(folder, 'model.safetensors')), sourceError(/directory/));
    await assert.rejects(openFile(join(folder, 'none.safetensors')), sourceError(/no such file/));
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(openFile(join(folder, 'file', 'x')), sourceError(/not a folder/));
    await assert.rejects(openFile('a\0b'), SourceError);
    if (process.platform !== 'win32') {
      await assert.rejects(openFile('/dev/zero'), sourceError(/device/));
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      await assert.rejects(openFile(join(folder, 'pipe')), sourceError(/pipe/));
    }
  });
});

test('a header of 99 MB that is none is refused from its first bytes', async () => {
  const start = file('[', 55, 99_000_000n);
  let fetched = 0;
  const read = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    fetched += length;
    return new Uint8Array(start.subarray(offset, offset + length));
  };
  await assert.rejects(openSafetensors({ name: 'huge', size: 8e9, read }), HeaderError);
  assert.equal(fetched, 64);
});

test('NaN and infinity in weights are refused by tensor and index, in every float type', async () => {
  for (const dtype of ['F32', 'F16', 'BF16'] as const) {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const values = Float32Array.of(0, 1, 2, 3, value, 5);
      const bytes = await encodeSafetensors([tensorOf('layer.weight', [2, 3], values, dtype)]);
      const opened = await openSafetensors(memorySource(bytes, 'w.safetensors'));
      const asked = [{ name: 'layer.weight', shape: [2, 3] }];
      await assert.rejects(loadTensors(opened, asked), (error) => {
        assert.ok(error instanceof NonFiniteError);
        assert.equal(error.tensor, 'layer.weight');
        assert.match(error.message, /w\.safetensors.*index \[1, 1\]/);
        return true;
      });
      const kept = await loadTensors(opened, asked, { allowNonFinite: true });
      assert.ok(Object.is(kept.get('layer.weight')![4], value));
    }
  }
});

test('a good file with any bytes changed or cut is read, or refused with a named error', async () => {
  const whole = await encodeSafetensors(
    [tensorOf('a.weight', [2, 3], new Float32Array(6)), tensorOf('b', [3], new Float32Array(3), 'F16')],
    { made: 'by a test' },
  );
  const place = fc.nat({ max: whole.length - 1 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 }),
      fc.option(place, { nil: whole.length }),
      async (changes, length) => {
        const bytes = whole.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        try {
          const opened = await openSafetensors(memorySource(bytes));
          for (const name of opened.tensors.keys()) await opened.readAsF32(name);
        } catch (error) {
          assert.ok(error instanceof WeightsError, String(error));
        }
      },
    ),
    { numRuns: 3000 },
  );
});

function sourceError(says: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SourceError, String(error));
    assert.match(error.message, says);
    return true;
  };
}

test.run();
