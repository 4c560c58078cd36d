/**
 * A file of many records, each some facts (JSON) and some named typed arrays, read one record at a time.
 *
 * Layout: 8 bytes of magic; the arrays, each at a multiple of 8; the index as JSON in UTF-8; its byte length as a
 * 64-bit little-endian integer; the magic again. The index comes last, so a store is written in one pass; it is written
 * under a temporary name and renamed, so a file with the right name is whole.
 */

import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { OnsetError } from '../../../kernels/errors.js';

const MAGIC = Buffer.from('ONSETST1');
const TRAILER = 8 + MAGIC.length;

const TYPES = { Uint8Array, Int16Array, Int32Array, Float32Array, Float64Array };
type TypeName = keyof typeof TYPES;
export type StoredArray = Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array;
export type Arrays = Record<string, StoredArray>;

export interface StoredRecord<Facts> {
  facts: Facts;
  arrays: Arrays;
}

interface IndexEntry<Facts> {
  facts: Facts;
  arrays: Record<string, { type: TypeName; offset: number; length: number }>;
}

export class ClipStoreError extends OnsetError {
  override name = 'ClipStoreError';
}

/** Writes a store; nothing stands under its name until `finish`. */
export class ClipStoreWriter<Facts> {
  private readonly path: string;
  private readonly temporary: string;
  private readonly index: IndexEntry<Facts>[] = [];
  private file: number | undefined;
  private offset = MAGIC.length;

  constructor(path: string) {
    this.path = path;
    this.temporary = `${path}.${process.pid}.tmp`;
    mkdirSync(dirname(path), { recursive: true });
    this.file = openSync(this.temporary, 'w');
    writeWhole(this.file, MAGIC, 0);
  }

  append({ facts, arrays }: StoredRecord<Facts>): void {
    const entry: IndexEntry<Facts> = { facts, arrays: {} };
    for (const [name, array] of Object.entries(arrays)) {
      const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
      writeWhole(this.open(), bytes, this.offset);
      const type = array.constructor.name as TypeName;
      entry.arrays[name] = { type, offset: this.offset, length: array.length };
      this.offset = Math.ceil((this.offset + bytes.length) / 8) * 8;
    }
    this.index.push(entry);
  }

  /** Completes the file and gives it its name. */
  finish(): void {
    const file = this.open();
    const json = Buffer.from(JSON.stringify(this.index));
    const trailer = Buffer.alloc(TRAILER);
    trailer.writeBigUInt64LE(BigInt(json.length));
    MAGIC.copy(trailer, 8);
    writeWhole(file, Buffer.concat([json, trailer]), this.offset);
    closeSync(file);
    this.file = undefined;
    renameSync(this.temporary, this.path);
  }

  /** Throws away what was written. Harmless after `finish`. */
  abandon(): void {
    if (this.file === undefined) return;
    closeSync(this.file);
    this.file = undefined;
    rmSync(this.temporary, { force: true });
  }

  private open(): number {
    if (this.file === undefined) throw new ClipStoreError(`${this.path}: already finished or abandoned`);
    return this.file;
  }
}

/** Reads a finished store. */
export class ClipStore<Facts> {
  readonly path: string;
  private readonly index: IndexEntry<Facts>[];
  private file: number | undefined;

  /** @throws ClipStoreError where the file is not a whole store; the system's own error where it cannot be opened */
  constructor(path: string) {
    this.path = path;
    this.file = openSync(path, 'r');
    try {
      this.index = this.readIndex(this.file);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The store at a path, or undefined where there is none, or one that is not whole and is to be made again. */
  static openWhole<Facts>(path: string): ClipStore<Facts> | undefined {
    try {
      return new ClipStore<Facts>(path);
    } catch (error) {
      if (error instanceof ClipStoreError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  get count(): number {
    return this.index.length;
  }

  facts(i: number): Facts {
    return this.entry(i).facts;
  }

  read(i: number): StoredRecord<Facts> {
    const entry = this.entry(i);
    const arrays: Arrays = {};
    for (const [name, { type, offset, length }] of Object.entries(entry.arrays)) {
      const array = new TYPES[type](length);
      this.readInto(new Uint8Array(array.buffer), offset);
      arrays[name] = array;
    }
    return { facts: entry.facts, arrays };
  }

  dispose(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private entry(i: number): IndexEntry<Facts> {
    const entry = this.index[i];
    if (!entry) throw new RangeError(`${this.path}: no record ${i}; it holds ${this.count}`);
    return entry;
  }

  private readIndex(file: number): IndexEntry<Facts>[] {
    const size = fstatSync(file).size;
    const trailer = Buffer.alloc(TRAILER);
    const magic = Buffer.alloc(MAGIC.length);
    if (size < MAGIC.length + TRAILER) throw this.broken('too short');
    this.readInto(magic, 0);
    this.readInto(trailer, size - TRAILER);
    if (!magic.equals(MAGIC) || !trailer.subarray(8).equals(MAGIC))
      throw this.broken('its first or last bytes are not');
    const length = Number(trailer.readBigUInt64LE());
    if (length > size - MAGIC.length - TRAILER) throw this.broken('its index is longer than the file');
    const json = Buffer.alloc(length);
    this.readInto(json, size - TRAILER - length);
    try {
      return JSON.parse(json.toString()) as IndexEntry<Facts>[];
    } catch {
      throw this.broken('its index is not JSON');
    }
  }

  private readInto(bytes: Uint8Array, offset: number): void {
    if (this.file === undefined) throw new ClipStoreError(`${this.path}: read after dispose`);
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(this.file, bytes, done, bytes.length - done, offset + done);
      if (got === 0) throw this.broken('it ends early');
      done += got;
    }
  }

  private broken(why: string): ClipStoreError {
    return new ClipStoreError(`${this.path}: not a whole clip store (${why}); delete it and it will be made again`);
  }
}

function writeWhole(file: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, offset + done);
}
