/**
 * Writing safetensors files: the same tensors and metadata give the same bytes, whatever order they come in. Tensors go
 * by item size, widest first, then by name, so that each starts at a multiple of its item size.
 */

import { type DType, isArrayOf, isDType, itemSize, type TypedArray } from './dtype.js';
import { HeaderError, LayoutError, NonFiniteError, quoted, TensorTypeError } from './errors.js';
import { encodeBf16, encodeF16 } from './half.js';
import { type FileDigest, replaceFile } from './node-file.js';
import {
  elementCount,
  formatHeader,
  type HeaderEntry,
  LONGEST_HEADER,
  MOST_METADATA,
  requireTensorName,
  showShape,
} from './safetensors-header.js';

/** A tensor to write. */
export interface TensorToWrite {
  name: string;
  dtype: DType;
  shape: readonly number[];
  /**
   * The elements, row-major (F16 and BF16 as bits; a Uint8Array is taken as raw bytes), or a function that fetches them
   * when their turn comes, as a whole or in pieces, so that no more than that need be in memory.
   */
  data: TypedArray | (() => TypedArray | Promise<TypedArray> | AsyncIterable<TypedArray>);
}

export interface WriteOptions {
  metadata?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/**
 * Writes a file: to a temporary name first, flushed, then renamed. When it fails, an older file of that name stays.
 * @returns size and sha256 of the file, as in a manifest
 * @throws {HeaderError} for a name that is given twice or is none, or metadata that is no text
 * @throws {TensorTypeError} when an array is not of the stated element type
 * @throws {LayoutError} when an array does not fit its shape
 * @throws {WriteError} when the system does not let it be written
 * @throws the signal's reason
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  options: WriteOptions = {},
): Promise<FileDigest> {
  return replaceFile(path, safetensorsChunks(tensors, options.metadata, path), { signal: options.signal });
}

/** The whole file in memory; for small ones, and for hosts without a file system. */
export async function encodeSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of safetensorsChunks(tensors, metadata)) chunks.push(chunk);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** The file piece by piece: header, then one chunk a tensor. `file` is for messages. */
export async function* safetensorsChunks(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
  file = 'the new safetensors file',
): AsyncGenerator<Uint8Array> {
  const ordered = [...tensors];
  for (const { name, dtype } of ordered) requireWritable(name, dtype, file);
  ordered.sort((a, b) => itemSize(b.dtype) - itemSize(a.dtype) || (a.name < b.name ? -1 : 1));
  yield headerBytes(ordered, metadata, file);
  for (const tensor of ordered) {
    const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
    let written = 0;
    for await (const piece of Symbol.asyncIterator in data ? data : [data]) {
      requireKind(tensor, piece, file);
      written += piece.byteLength;
      yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
    }
    requireFit(tensor, written, file);
  }
}

/**
 * A tensor of f32 values to be stored as F32, F16 or BF16 (rounded to nearest). NaN and infinities are stored as they are.
 * @throws {NonFiniteError} for a finite value that the smaller type cannot hold
 */
export function tensorOf(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  dtype: 'F32' | 'F16' | 'BF16' = 'F32',
): TensorToWrite {
  return { name, dtype, shape, data: narrowed(values, dtype, name) };
}

/** f32 values as elements of a smaller type, rounded to nearest; as `tensorOf`. */
export function narrowed(
  values: Float32Array,
  dtype: 'F32' | 'F16' | 'BF16',
  tensor: string,
): Float32Array | Uint16Array {
  if (dtype === 'F32') return values;
  const bits = dtype === 'F16' ? encodeF16(values) : encodeBf16(values);
  const infinity = dtype === 'F16' ? 0x7c00 : 0x7f80;
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7fff) !== infinity || !Number.isFinite(values[i])) continue;
    throw new NonFiniteError(`${values[i]} is too large for ${dtype}`, {
      tensor,
      expected: dtype === 'F16' ? 'magnitudes below 65520' : 'magnitudes below 3.396e38',
      found: `${values[i]} at element ${i}`,
      remedy: 'store it as F32',
    });
  }
  return bits;
}

function headerBytes(
  ordered: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
  file: string,
): Uint8Array {
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') {
      throw new HeaderError(`metadata ${quoted(name)} is not a string`, { file, found: typeof value });
    }
  }
  if (Object.keys(metadata).length > MOST_METADATA) {
    throw new HeaderError(`more than ${MOST_METADATA} metadata`, { file });
  }
  const entries = new Map<string, HeaderEntry>();
  let reached = 0;
  for (const { name, dtype, shape } of ordered) {
    if (entries.has(name)) throw new HeaderError('the name is given twice', { file, tensor: name });
    const end = reached + elementCount(shape, file, name) * itemSize(dtype);
    entries.set(name, { dtype, shape: [...shape], begin: reached, end });
    reached = end;
  }
  const text = new TextEncoder().encode(formatHeader({ metadata: { ...metadata }, tensors: entries }));
  const size = Math.ceil(text.byteLength / 8) * 8;
  if (size > LONGEST_HEADER) {
    throw new HeaderError('the header is too long', {
      file,
      expected: `at most ${LONGEST_HEADER} bytes`,
      found: `${size}`,
    });
  }
  const bytes = new Uint8Array(8 + size).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(size), true);
  bytes.set(text, 8);
  return bytes;
}

function requireWritable(name: string, dtype: string, file: string): void {
  requireTensorName(name, file);
  if (!isDType(dtype)) throw new TensorTypeError('unknown element type', { file, tensor: name, found: quoted(dtype) });
}

function requireKind({ name, dtype }: TensorToWrite, data: TypedArray, file: string): void {
  if (isArrayOf(dtype, data) || data instanceof Uint8Array) return;
  throw new TensorTypeError(`${dtype} elements cannot come from this kind of array`, {
    file,
    tensor: name,
    found: data.constructor.name,
  });
}

function requireFit({ name, dtype, shape }: TensorToWrite, bytes: number, file: string): void {
  const expected = elementCount(shape, file, name) * itemSize(dtype);
  if (bytes === expected) return;
  throw new LayoutError('the array does not fit the shape', {
    file,
    tensor: name,
    expected: `${expected} bytes for ${dtype} ${showShape(shape)}`,
    found: `${bytes}`,
  });
}
