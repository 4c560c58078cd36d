/**
 * The directory of a zip archive, as PyTorch and pip know them: few kinds of entries, no encryption, no second disk,
 * nothing before, between or behind that is not accounted for (PKWARE's APPNOTE.TXT, sections 4.3 to 4.5). The numbers of
 * the archive are checked against its size before anything is read or allocated.
 */

import { ArchiveError, quoted, type WeightsErrorDetails } from './errors.js';
import type { ByteSource } from './source.js';

export interface ZipEntry {
  readonly name: string;
  /** Whether its bytes are stored as they are; else they are deflated. */
  readonly stored: boolean;
  /** Bytes in the archive, and unpacked. */
  readonly packedSize: number;
  readonly size: number;
  /** Byte at which its local header begins. */
  readonly headerOffset: number;
}

const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;
const LOCATOR_SIZE = 20;
const END64_SIZE = 56;
const CENTRAL_SIZE = 46;
/** Bytes of an entry's local header, without its name and extra field. */
export const LOCAL_SIZE = 30;
const LARGEST_DIRECTORY = 32 * 2 ** 20;
const MOST_ENTRIES = 2 ** 17;
/** 0xffff and 0xffffffff say that the number stands in the zip64 field. */
const IN_ZIP64_16 = 0xffff;
const IN_ZIP64_32 = 0xffffffff;
const ZIP64_FIELD = 1;
export const STORED = 0;
const DEFLATED = 8;

export interface ZipDirectory {
  entries: ReadonlyMap<string, ZipEntry>;
  /** Byte at which the directory begins, and the data of the entries end. */
  offset: number;
}

/**
 * Reads the directory.
 * @throws {ArchiveError} when it is damaged, contradicts itself or the file's size, or has kinds of entries not read here
 * @throws {SourceError} when the bytes cannot be read
 */
export async function readDirectory(source: ByteSource): Promise<ZipDirectory> {
  const { directoryOffset, directorySize, count } = await readEnd(source);
  const bytes = await source.read(directoryOffset, directorySize);
  const entries = parseDirectory(bytes, count, directoryOffset, source.name);
  requireDisjoint(entries, directoryOffset, source.name);
  return { entries, offset: directoryOffset };
}

/** An error with the remedy for damaged archives, unless `details` have another. */
export function archiveError(
  file: string,
  problem: string,
  details: Omit<WeightsErrorDetails, 'file'> = {},
): ArchiveError {
  return new ArchiveError(problem, {
    remedy: 'the archive is damaged or was made to mislead; fetch it again',
    ...details,
    file,
  });
}

interface End {
  directoryOffset: number;
  directorySize: number;
  count: number;
}

/** The record at the end of the archive, and its zip64 form where the archive has one. */
async function readEnd(source: ByteSource): Promise<End> {
  const { name: file, size } = source;
  const length = Math.min(size, END_SIZE + LONGEST_COMMENT);
  const tail = await source.read(size - length, length);
  const view = new DataView(tail.buffer);
  let at = length - END_SIZE;
  // The record ends the file but for a comment, whose length it gives.
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === 0x06054b50 && view.getUint16(at + 20, true) === length - END_SIZE - at)
  )
    at--;
  if (at < 0) {
    throw archiveError(file, 'the zip archive has no end record', { remedy: 'it is cut short; fetch it again' });
  }
  const here = size - length + at;
  const [disk, directoryDisk] = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
  const countHere = view.getUint16(at + 8, true);
  let count = view.getUint16(at + 10, true);
  let directorySize = view.getUint32(at + 12, true);
  let directoryOffset = view.getUint32(at + 16, true);
  let directoryEnd = here;
  if (disk !== directoryDisk || countHere !== count || (disk !== 0 && disk !== IN_ZIP64_16)) {
    throw archiveError(file, 'the zip archive is one of several parts');
  }
  const zip64 = await readEnd64(source, here);
  if (zip64) {
    const agree = (small: number, mark: number, large: number): boolean => small === mark || small === large;
    if (
      !agree(count, IN_ZIP64_16, zip64.count) ||
      !agree(directorySize, IN_ZIP64_32, zip64.directorySize) ||
      !agree(directoryOffset, IN_ZIP64_32, zip64.directoryOffset)
    ) {
      throw archiveError(file, 'the two end records of the zip archive disagree');
    }
    ({ count, directorySize, directoryOffset, at: directoryEnd } = zip64);
  }
  if (directoryOffset + directorySize !== directoryEnd) {
    throw archiveError(file, "the zip archive's directory is not where it says", {
      expected: `an end at byte ${directoryEnd}`,
      found: `${directorySize} bytes from ${directoryOffset}`,
    });
  }
  if (directorySize > LARGEST_DIRECTORY || count > MOST_ENTRIES) {
    throw archiveError(file, "the zip archive's directory is larger than any checkpoint's", {
      expected: `at most ${MOST_ENTRIES} entries in ${LARGEST_DIRECTORY} bytes`,
      found: `${count} in ${directorySize}`,
    });
  }
  return { directoryOffset, directorySize, count };
}

async function readEnd64(source: ByteSource, end: number): Promise<(End & { at: number }) | undefined> {
  const { name: file } = source;
  if (end < LOCATOR_SIZE) return undefined;
  const locator = new DataView((await source.read(end - LOCATOR_SIZE, LOCATOR_SIZE)).buffer);
  if (locator.getUint32(0, true) !== 0x07064b50) return undefined;
  const at = bigger(locator, 8, file);
  if (at + END64_SIZE !== end - LOCATOR_SIZE) {
    throw archiveError(file, 'the zip64 end record is not where its locator says', {
      expected: `byte ${end - LOCATOR_SIZE - END64_SIZE}`,
      found: `${at}`,
    });
  }
  const record = new DataView((await source.read(at, END64_SIZE)).buffer);
  if (record.getUint32(0, true) !== 0x06064b50 || bigger(record, 4, file) !== END64_SIZE - 12) {
    throw archiveError(file, 'the zip64 end record is damaged');
  }
  if (record.getUint32(16, true) !== 0 || record.getUint32(20, true) !== 0) {
    throw archiveError(file, 'the zip archive is one of several parts');
  }
  const count = bigger(record, 32, file);
  if (bigger(record, 24, file) !== count) throw archiveError(file, 'the zip archive is one of several parts');
  return { at, count, directorySize: bigger(record, 40, file), directoryOffset: bigger(record, 48, file) };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseDirectory(
  bytes: Uint8Array<ArrayBuffer>,
  count: number,
  limit: number,
  file: string,
): Map<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw archiveError(file, "the zip archive's directory is damaged", {
        expected: `${count} entries`,
        found: `${i} and something else`,
      });
    }
    const [nameLength, extraLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    const commentLength = view.getUint16(at + 32, true);
    const next = at + CENTRAL_SIZE + nameLength + extraLength + commentLength;
    if (next > bytes.length) throw archiveError(file, "an entry of the zip archive's directory is cut short");
    const name = decodeName(bytes.subarray(at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength), file);
    const fail = (problem: string, found?: string): ArchiveError =>
      archiveError(file, `entry ${quoted(name)} of the zip archive ${problem}`, { found });
    const extraAt = at + CENTRAL_SIZE + nameLength;
    const wide = zip64Numbers(view, extraAt, extraAt + extraLength, fail);
    const resolve = (small: number): number => {
      if (small !== IN_ZIP64_32) return small;
      const large = wide.shift();
      if (large === undefined) throw fail('says that its size or place is in a zip64 field, which it does not have');
      return large;
    };
    const size = resolve(view.getUint32(at + 24, true));
    const packedSize = resolve(view.getUint32(at + 20, true));
    const headerOffset = resolve(view.getUint32(at + 42, true));
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    if ((flags & 0x2041) !== 0) throw fail('is encrypted');
    if (method !== STORED && method !== DEFLATED) throw fail('is packed by an unknown method', `method ${method}`);
    if (method === STORED && size !== packedSize)
      throw fail('is stored but changes its size', `${packedSize} → ${size}`);
    if (headerOffset + LOCAL_SIZE + packedSize > limit) {
      throw fail('reaches beyond the data of the archive', `${packedSize} bytes from ${headerOffset} of ${limit}`);
    }
    if (entries.has(name)) throw fail('is there twice');
    entries.set(name, { name, stored: method === STORED, packedSize, size, headerOffset });
    at = next;
  }
  if (at !== bytes.length) throw archiveError(file, "the zip archive's directory has more entries than it says");
  return entries;
}

/** The numbers of the zip64 field among an entry's extra fields, in their order. */
function zip64Numbers(view: DataView, from: number, to: number, fail: (problem: string) => ArchiveError): number[] {
  for (let at = from; at + 4 <= to; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (at + 4 + length > to) throw fail('has a damaged extra field');
    if (id === ZIP64_FIELD) {
      const numbers: number[] = [];
      for (let n = 0; n + 8 <= length; n += 8) {
        const value = view.getBigUint64(at + 4 + n, true);
        if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw fail('has an impossible size or place');
        numbers.push(Number(value));
      }
      return numbers;
    }
    at += 4 + length;
  }
  return [];
}

/**
 * By entries that overlap, small archives unpack to huge ones.
 * @throws {ArchiveError} when entries overlap
 */
function requireDisjoint(entries: ReadonlyMap<string, ZipEntry>, limit: number, file: string): void {
  const inOrder = [...entries.values()].sort((a, b) => a.headerOffset - b.headerOffset);
  inOrder.forEach((entry, i) => {
    const next = inOrder[i + 1]?.headerOffset ?? limit;
    if (entry.headerOffset + LOCAL_SIZE + entry.packedSize <= next) return;
    throw archiveError(file, `entry ${quoted(entry.name)} of the zip archive overlaps the next`, {
      found: `${entry.packedSize} bytes from ${entry.headerOffset}, the next at ${next}`,
    });
  });
}

function decodeName(bytes: Uint8Array, file: string): string {
  let name: string;
  try {
    name = utf8.decode(bytes);
  } catch {
    throw archiveError(file, 'an entry of the zip archive has a name that is not UTF-8');
  }
  if (name === '' || /[\p{Cc}\\]/u.test(name) || name.startsWith('/') || name.split('/').includes('..')) {
    throw archiveError(file, `an entry of the zip archive has a name that is no plain path`, { found: quoted(name) });
  }
  return name;
}

function bigger(view: DataView, at: number, file: string): number {
  const value = view.getBigUint64(at, true);
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw archiveError(file, 'a number in the zip64 end record is impossible', { found: `${value}` });
}
