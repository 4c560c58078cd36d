/** Zip archives read by range: zip64, deflated entries, and what is refused when an entry is read. */

import assert from 'node:assert/strict';
import { memorySource, readCheckpoint } from '../../weights/index.js';
import { openZip } from '../../weights/zip.js';
import { suite } from '../harness/suite.js';
import { bytesOf, dict, little, pickle, tensor } from './pickle-writer.js';
import { zip } from './zip-writer.js';

const test = suite('weights/zip');
const text = (word: string): Uint8Array => new TextEncoder().encode(word);

test('stored and deflated entries are read, whatever their order', async () => {
  const archive = await openZip(
    memorySource(
      zip([
        { name: 'a/one', data: text('one') },
        { name: 'two', data: text('two '.repeat(100)), deflated: true },
        { name: 'empty', data: text('') },
      ]),
    ),
  );
  assert.deepEqual([...archive.entries.keys()], ['a/one', 'two', 'empty']);
  for (const [name, expected] of [
    ['two', 'two '.repeat(100)],
    ['empty', ''],
    ['a/one', 'one'],
  ] as const) {
    assert.equal(new TextDecoder().decode(await archive.read(archive.entries.get(name)!)), expected);
  }
});

test('a deflated entry is unpacked only up to the size that the caller allows', async () => {
  const archive = await openZip(memorySource(zip([{ name: 'x', data: new Uint8Array(5000), deflated: true }])));
  const entry = archive.entries.get('x')!;
  await assert.rejects(archive.read(entry, 4999), { name: 'ArchiveError', message: /too large to be unpacked/ });
  assert.equal((await archive.read(entry, 5000)).length, 5000);
});

test('a small compressed pickle and zip64 numbers are read', async () => {
  const data = new Uint8Array(Float32Array.of(1, 2).buffer);
  const entries = [
    { name: 'x/data.pkl', data: pickle(dict({ a: tensor() })), deflated: true },
    { name: 'x/data/0', data, says: { size: 0xffffffff, packedSize: 0xffffffff, extra: zip64Field(8, 8) } },
  ];
  const checkpoint = await readCheckpoint(memorySource(zip(entries, { zip64: {} })));
  assert.deepEqual([...(await checkpoint.readAsF32('a'))], [1, 2]);
});

test('entries beyond 4 GiB are read by range', async () => {
  // The archive is made of its ends alone; the middle, zeros, is never stored anywhere.
  const size = 5 * 2 ** 30;
  const object = pickle(dict({ big: tensor({ type: 'ByteStorage', size, shape: [size] }) }));
  const head = zip([{ name: 'a/data.pkl', data: object }]).slice(0, 30 + 'a/data.pkl'.length + object.length);
  const local = bytesOf(
    'PK\x03\x04',
    little(45, 2),
    little(0, 4),
    little(0, 8),
    little(0, 8),
    little(8, 2),
    little(0, 2),
    'a/data/0',
  );
  const tail = sparseTail(head.length, object.length, local.length, size);
  const total = head.length + local.length + size + tail.length;
  let fetched = 0;
  const checkpoint = await readCheckpoint({
    name: 'sparse.pt',
    size: total,
    async read(offset, length) {
      fetched += length;
      const bytes = new Uint8Array(length);
      const place = (piece: Uint8Array, at: number): void => {
        const from = Math.max(offset, at);
        const to = Math.min(offset + length, at + piece.length);
        if (from < to) bytes.set(piece.subarray(from - at, to - at), from - offset);
      };
      place(bytesOf(head, local), 0);
      place(Uint8Array.of(1, 2, 3), head.length + local.length + 4.5 * 2 ** 30);
      place(tail, total - tail.length);
      return bytes;
    },
  });
  assert.deepEqual([...(await checkpoint.readPart('big', 4.5 * 2 ** 30 - 1, 5))], [0, 1, 2, 3, 0]);
  assert.ok(fetched < 2 ** 18, `${fetched} bytes fetched`);
});

function zip64Field(...numbers: number[]): Uint8Array {
  return bytesOf(little(1, 2), little(numbers.length * 8, 2), ...numbers.map((number) => little(number, 8)));
}

/** Directory and end records of an archive of a pickle and one entry of `size` bytes. */
function sparseTail(headSize: number, pickleSize: number, localSize: number, size: number): Uint8Array {
  const record = (name: string, bytes: Uint8Array, offset: number, extra: Uint8Array): Uint8Array =>
    bytesOf(
      ...['PK\x01\x02', little(45, 2), little(45, 2), little(0, 4), little(0, 8), bytes, bytes],
      ...[little(name.length, 2), little(extra.length, 2), little(0, 8), little(0, 2), little(offset, 4), name, extra],
    );
  const directory = bytesOf(
    record('a/data.pkl', little(pickleSize, 4), 0, new Uint8Array(0)),
    record('a/data/0', little(0xffffffff, 4), headSize, zip64Field(size, size)),
  );
  const at = headSize + localSize + size;
  const end = at + directory.length;
  return bytesOf(
    directory,
    ...['PK\x06\x06', little(44, 8), little(45, 2), little(45, 2), little(0, 8), little(2, 8), little(2, 8)],
    ...[little(directory.length, 8), little(at, 8), 'PK\x06\x07', little(0, 4), little(end, 8), little(1, 4)],
    ...[
      'PK\x05\x06',
      little(0, 4),
      little(2, 2),
      little(2, 2),
      little(0xffffffff, 4),
      little(0xffffffff, 4),
      little(0, 2),
    ],
  );
}

test.run();
