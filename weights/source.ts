/** Where bytes come from: a file, a Blob, memory. Readers ask for ranges and never hold a whole file. */

import { SourceError } from './errors.js';

export interface ByteSource {
  /** Name for messages: a path, a URL, or what the caller likes. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /**
   * `length` bytes from `offset`, in memory that is the caller's own and starts its buffer.
   * @throws {SourceError} when the range reaches beyond the end, or the bytes cannot be read
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** The parts of a browser's Blob or File that are needed here. */
export interface BlobLike {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Bytes in memory. */
export function memorySource(bytes: ArrayBuffer | Uint8Array, name = 'bytes in memory'): ByteSource {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return {
    name,
    size: view.byteLength,
    async read(offset, length) {
      requireRange(name, view.byteLength, offset, length);
      // Not `view.slice`: a Node Buffer's slice shares its memory.
      return new Uint8Array(view.subarray(offset, offset + length));
    },
  };
}

/** A Blob or File of the browser (or Node's), read range by range. */
export function blobSource(blob: BlobLike, name = 'blob'): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      requireRange(name, blob.size, offset, length);
      const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      if (bytes.byteLength !== length) throw cutShort(name, offset, length, bytes.byteLength);
      return bytes;
    },
  };
}

/** @throws {SourceError} when `offset … offset + length` does not lie within `size` */
export function requireRange(name: string, size: number, offset: number, length: number): void {
  if (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= size
  )
    return;
  throw new SourceError('a range beyond the end was asked for', {
    file: name,
    expected: `a range within ${size} bytes`,
    found: `${length} bytes from ${offset}`,
  });
}

/** The error for a source that yielded fewer bytes than its size promised. */
export function cutShort(name: string, offset: number, length: number, got: number): SourceError {
  return new SourceError('the file ends early', {
    file: name,
    expected: `${length} bytes from ${offset}`,
    found: `${got}`,
    remedy: 'it was cut short or changed while it was read; fetch it again',
  });
}
