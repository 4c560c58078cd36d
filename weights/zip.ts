/** Reading zip archives: their directory, and entries by range, unpacked where they are deflated. */

import { ArchiveError, quoted, type WeightsErrorDetails } from './errors.js';
import type { ByteSource } from './source.js';
import { archiveError, LOCAL_SIZE, readDirectory, STORED, type ZipEntry } from './zip-directory.js';

/** A deflated entry is unpacked only up to this size, so that a small archive cannot fill the memory. */
const LARGEST_DEFLATED = 2 ** 20;

export interface ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Byte at which the entry's own bytes begin; its local header must be what the directory says. */
  dataOffset(entry: ZipEntry): Promise<number>;
  /** The entry's bytes, unpacked where they are deflated and at most `largest` (default 1 MiB). */
  read(entry: ZipEntry, largest?: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Opens an archive; only its directory is read. The source stays the caller's to close.
 * @throws {ArchiveError} here and in reading, when the archive is damaged, hostile, or has kinds of entries not read here
 * @throws {SourceError} here and in reading, when the bytes cannot be read
 */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const { entries, offset } = await readDirectory(source);
  const dataOffset = (entry: ZipEntry): Promise<number> => findData(source, entry, offset);
  return {
    entries,
    dataOffset,
    async read(entry, largest = LARGEST_DEFLATED) {
      if (!entry.stored) requireSmall(entry, largest, source.name);
      const packed = await source.read(await dataOffset(entry), entry.packedSize);
      return entry.stored ? packed : inflate(packed, entry, source.name);
    },
  };
}

async function findData(source: ByteSource, entry: ZipEntry, limit: number): Promise<number> {
  const name = new TextEncoder().encode(entry.name);
  const fail = (problem: string): ArchiveError => entryError(source.name, entry, problem);
  if (entry.headerOffset + LOCAL_SIZE + name.length > limit) throw fail('has no whole header');
  const header = await source.read(entry.headerOffset, LOCAL_SIZE + name.length);
  const view = new DataView(header.buffer);
  if (view.getUint32(0, true) !== 0x04034b50) throw fail('has no header where the directory says');
  const same = view.getUint16(26, true) === name.length && name.every((byte, i) => byte === header[LOCAL_SIZE + i]);
  const stored = view.getUint16(8, true) === STORED;
  if (!same || stored !== entry.stored) throw fail('is another one by its own header');
  const begin = entry.headerOffset + LOCAL_SIZE + name.length + view.getUint16(28, true);
  if (begin + entry.packedSize > limit) throw fail('reaches beyond the data of the archive');
  return begin;
}

const entryError = (
  file: string,
  entry: ZipEntry,
  problem: string,
  details?: Omit<WeightsErrorDetails, 'file'>,
): ArchiveError => archiveError(file, `entry ${quoted(entry.name)} of the zip archive ${problem}`, details);

function requireSmall(entry: ZipEntry, largest: number, file: string): void {
  if (entry.size <= largest) return;
  throw entryError(file, entry, 'is compressed, and too large to be unpacked', {
    expected: `stored entries, as torch.save writes them, or at most ${largest} bytes`,
    found: `${entry.size} bytes`,
    remedy: 'pack the archive again without compression (zip -0)',
  });
}

async function inflate(
  packed: Uint8Array<ArrayBuffer>,
  entry: ZipEntry,
  file: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const expected = `${entry.size} bytes`;
  const bytes = new Uint8Array(entry.size);
  const pieces = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await pieces.read();
      if (done) break;
      if (filled + value.length > bytes.length)
        throw entryError(file, entry, 'unpacks to more than it says', { expected });
      bytes.set(value, filled);
      filled += value.length;
    }
  } catch (cause) {
    if (cause instanceof ArchiveError) throw cause;
    throw entryError(file, entry, 'is compressed and damaged', { cause });
  } finally {
    await pieces.cancel().catch(() => {});
  }
  if (filled !== bytes.length) {
    throw entryError(file, entry, 'unpacks to less than it says', { expected, found: `${filled}` });
  }
  return bytes;
}
