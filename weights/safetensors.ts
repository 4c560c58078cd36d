/**
 * Reading safetensors files. Everything in the header is checked before any tensor is read, so that a damaged or hostile
 * file is refused at once and no allocation exceeds the file's own size. Values are not checked: whether NaN is a fault
 * is for the caller to decide (`loadTensors` in `load.ts` refuses it).
 */

import { type Checkpoint, checkpointOf } from './checkpoint.js';
import { itemSize, readableDType, type StoredDType, type TypedArray, viewAs } from './dtype.js';
import { HeaderError, quoted, UnknownTensorError } from './errors.js';
import { LONGEST_HEADER, parseHeader, requireTiling } from './safetensors-header.js';
import type { ByteSource } from './source.js';
import { toF32 } from './to-f32.js';

/** A length and `{}`. */
const SHORTEST_FILE = 10;

export interface TensorEntry {
  dtype: StoredDType;
  shape: readonly number[];
  /** Bytes from the start of the file. */
  offset: number;
  /** Bytes. */
  length: number;
}

export interface SafetensorsFile {
  /** Name of the source, for messages. */
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /**
   * The stored elements, row-major; F16 and BF16 as their bits. The array is the caller's own.
   * @throws {UnknownTensorError} here and in all reading, for a name that is not there
   * @throws {TensorTypeError} here and in all reading, for elements of a type that is only listed
   * @throws {SourceError} here and in all reading, when the bytes cannot be read
   */
  read(name: string): Promise<TypedArray<ArrayBuffer>>;
  /** `count` of the stored elements from `first`; both within the tensor. */
  readPart(name: string, first: number, count: number): Promise<TypedArray<ArrayBuffer>>;
  /** The elements as f32: exact from F16, BF16, BOOL and small integers, rounded to nearest from the wider types. */
  readAsF32(name: string): Promise<Float32Array<ArrayBuffer>>;
}

/**
 * Opens a safetensors file of any size; the source stays the caller's to close.
 * @throws {HeaderError} when it is no safetensors file, or its header breaks the format
 * @throws {TensorTypeError} for an element type that the format does not have
 * @throws {LayoutError} when shapes and offsets do not fill the data exactly
 * @throws {SourceError} when the bytes cannot be read
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const file = source.name;
  const headerSize = await readHeaderSize(source);
  const { metadata, tensors: entries } = parseHeader(decodeUtf8(await source.read(8, headerSize), file), file);
  const dataStart = 8 + headerSize;
  requireTiling(entries, source.size - dataStart, file);
  const tensors = new Map<string, TensorEntry>();
  for (const [name, { dtype, shape, begin, end }] of entries) {
    tensors.set(name, { dtype, shape, offset: dataStart + begin, length: end - begin });
  }

  const entryOf = (name: string): TensorEntry => {
    const entry = tensors.get(name);
    if (entry) return entry;
    throw new UnknownTensorError('there is no such tensor', { file, tensor: name, found: `${tensors.size} others` });
  };
  const read = async (name: string): Promise<TypedArray<ArrayBuffer>> => {
    const entry = entryOf(name);
    const dtype = readableDType(entry, name, file);
    return viewAs(dtype, await source.read(entry.offset, entry.length));
  };
  return {
    name: file,
    metadata,
    tensors,
    read,
    async readPart(name, first, count) {
      const entry = entryOf(name);
      const dtype = readableDType(entry, name, file);
      return viewAs(dtype, await source.read(entry.offset + first * itemSize(dtype), count * itemSize(dtype)));
    },
    async readAsF32(name) {
      return toF32(readableDType(entryOf(name), name, file), await read(name));
    },
  };
}

/** The file seen as any other checkpoint; its metadata are the values. */
export function checkpointOfSafetensors(file: SafetensorsFile, close: () => Promise<void>): Checkpoint {
  return checkpointOf({
    name: file.name,
    format: 'safetensors',
    tensors: file.tensors,
    values: new Map(Object.entries(file.metadata)),
    readPart: (name, first, count) => file.readPart(name, first, count),
    close,
  });
}

async function readHeaderSize(source: ByteSource): Promise<number> {
  const file = source.name;
  const start = await source.read(0, Math.min(source.size, 64));
  if (start.byteLength < SHORTEST_FILE) {
    throw new HeaderError(source.size === 0 ? 'the file is empty' : 'the file is too short for a safetensors file', {
      file,
      expected: `at least ${SHORTEST_FILE} bytes`,
      found: `${source.size}`,
      remedy: 'fetch it again',
    });
  }
  const foreign = foreignFormat(start);
  if (foreign !== undefined) {
    const [found, remedy] = foreign;
    throw new HeaderError('this is not a safetensors file', { file, expected: 'safetensors', found, remedy });
  }
  const declared = new DataView(start.buffer).getBigUint64(0, true);
  const room = Math.min(LONGEST_HEADER, source.size - 8);
  if (declared < 2n || declared > BigInt(room)) {
    throw new HeaderError('this is not a safetensors file, or it is cut short: impossible length of the header', {
      file,
      expected: `2…${room} bytes`,
      found: `${declared}`,
      remedy: 'fetch it again, or convert it to safetensors',
    });
  }
  // Looked at before the header is read: 100 MB need not be fetched to refuse something else.
  if (start[8] !== 0x7b) {
    throw new HeaderError('this is not a safetensors file: the header does not begin with {', {
      file,
      found: quoted(String.fromCharCode(start[8]!)),
      remedy: 'convert it to safetensors',
    });
  }
  return Number(declared);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new HeaderError('the header is not UTF-8 text', { file, remedy: 'fetch the file again', cause });
  }
}

const CONVERT = 'convert it to safetensors first (node engine weights convert)';
const FETCH = 'fetch the file itself';

/** Other formats by their first bytes, so that the message can say what was given. */
const FOREIGN: readonly [magic: string, found: string, remedy: string][] = [
  ['PK\x03\x04', 'a zip archive, such as a PyTorch checkpoint', CONVERT],
  ['\x80\x02', 'a Python pickle, such as an old PyTorch checkpoint', CONVERT],
  ['\x89HDF', 'an HDF5 file', CONVERT],
  ['\x93NUMPY', 'a NumPy array', CONVERT],
  ['GGUF', 'a GGUF file', CONVERT],
  ['version https://git-lfs', 'a Git LFS pointer instead of the file', FETCH],
  ['<!DOCTYPE', 'a web page', FETCH],
  ['<html', 'a web page', FETCH],
];

function foreignFormat(start: Uint8Array): [found: string, remedy: string] | undefined {
  // A real header length of these values begins with the same bytes; then a brace stands at byte 8.
  if (start[8] === 0x7b) return undefined;
  const text = String.fromCharCode(...start);
  const match = FOREIGN.find(([magic]) => text.startsWith(magic));
  return match && [match[1], match[2]];
}
