/** Zip archives written by hand, so that every field can be made to lie. */

import { deflateRawSync } from 'node:zlib';
import { type Bytes, bytesOf, little } from './pickle-writer.js';

export interface EntryToWrite {
  name: string;
  data: Uint8Array;
  deflated?: boolean;
  /** What the directory says instead of the truth. */
  says?: { size?: number; packedSize?: number; offset?: number; method?: number; flags?: number; extra?: Uint8Array };
  /** The name in the entry's own header. */
  localName?: string;
  /** Extra field of the entry's own header, such as torch's padding. */
  localExtra?: Uint8Array;
}

export interface ArchiveLies {
  count?: number;
  directorySize?: number;
  directoryOffset?: number;
  /** Writes the zip64 end records, with these numbers in place of the true ones. */
  zip64?: { count?: bigint; directorySize?: bigint; directoryOffset?: bigint; locatorOffset?: bigint };
  disk?: number;
  before?: Uint8Array;
  behind?: Uint8Array;
}

export function zip(entries: readonly EntryToWrite[], lies: ArchiveLies = {}): Bytes {
  const pieces: Uint8Array[] = [lies.before ?? new Uint8Array(0)];
  let at = pieces[0]!.length;
  const add = (...parts: (string | number | Uint8Array)[]): void => {
    const piece = bytesOf(...parts);
    pieces.push(piece);
    at += piece.length;
  };
  const directory = entries.map(({ name, data, deflated = false, says = {}, localName = name, localExtra }) => {
    const encoded = new TextEncoder().encode(name);
    const packed = deflated ? deflateRawSync(data) : data;
    const extra = localExtra ?? new Uint8Array(0);
    const method = says.method ?? (deflated ? 8 : 0);
    const sums = [little(0, 4), little(0, 4), little(packed.length, 4), little(data.length, 4)];
    const local = new TextEncoder().encode(localName);
    const offset = at;
    add('PK\x03\x04', little(20, 2), little(0x800, 2), little(method, 2), ...sums);
    add(little(local.length, 2), little(extra.length, 2), local, extra, packed);
    const field = says.extra ?? new Uint8Array(0);
    return bytesOf(
      'PK\x01\x02',
      little(20, 2),
      little(20, 2),
      little(says.flags ?? 0x800, 2),
      little(method, 2),
      little(0, 8),
      little(says.packedSize ?? packed.length, 4),
      little(says.size ?? data.length, 4),
      little(encoded.length, 2),
      little(field.length, 2),
      little(0, 8),
      little(0, 2),
      little(says.offset ?? offset, 4),
      encoded,
      field,
    );
  });
  const directoryOffset = at;
  add(...directory);
  const directorySize = at - directoryOffset;
  if (lies.zip64) {
    const end = at;
    const count = lies.zip64.count ?? BigInt(entries.length);
    add('PK\x06\x06', little(44, 8), little(45, 2), little(45, 2), little(0, 8), little(count, 8), little(count, 8));
    add(little(lies.zip64.directorySize ?? directorySize, 8), little(lies.zip64.directoryOffset ?? directoryOffset, 8));
    add('PK\x06\x07', little(0, 4), little(lies.zip64.locatorOffset ?? end, 8), little(1, 4));
  }
  const count = lies.count ?? (lies.zip64 ? 0xffff : entries.length);
  add('PK\x05\x06', little(lies.disk ?? 0, 2), little(lies.disk ?? 0, 2), little(count, 2), little(count, 2));
  add(
    little(lies.directorySize ?? (lies.zip64 ? 0xffffffff : directorySize), 4),
    little(lies.directoryOffset ?? (lies.zip64 ? 0xffffffff : directoryOffset), 4),
    little(0, 2),
    lies.behind ?? '',
  );
  return bytesOf(...pieces);
}

/** A checkpoint in PyTorch's zip layout. */
export function torchZip(
  object: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  lies: ArchiveLies = {},
): Bytes {
  return zip(
    [
      { name: 'archive/data.pkl', data: object },
      { name: 'archive/byteorder', data: bytesOf('little') },
      ...Object.entries(storages).map(([key, data]) => ({
        name: `archive/data/${key}`,
        data,
        localExtra: bytesOf('FB', little(5, 2), 'ZZZZZ'),
      })),
    ],
    lies,
  );
}
