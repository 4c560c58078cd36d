/** Pickles and PyTorch checkpoints written opcode by opcode, good and bad ones. */

export type Bytes = Uint8Array<ArrayBuffer>;
type Part = string | number | Uint8Array;

/** Bytes one behind the other; strings stand for their Latin-1 characters, numbers for one byte. */
export function bytesOf(...parts: Part[]): Bytes {
  const pieces = parts.map((part) =>
    typeof part === 'string'
      ? Uint8Array.from(part, (character) => character.charCodeAt(0))
      : typeof part === 'number'
        ? Uint8Array.of(part)
        : part,
  );
  const result = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

/** `count` times the same bytes. */
export function repeated(count: number, ...parts: Part[]): Bytes {
  const once = bytesOf(...parts);
  const result = new Uint8Array(once.length * count);
  for (let i = 0; i < count; i++) result.set(once, i * once.length);
  return result;
}

export function little(value: number | bigint, bytes: 2 | 4 | 8): Bytes {
  const buffer = new Uint8Array(8);
  new DataView(buffer.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  return buffer.slice(0, bytes);
}

export const PROTO: Bytes = bytesOf('\x80\x02');
export const NONE = 'N';
export const TRUE = '\x88';
const FALSE = '\x89';

export function text(value: string): Bytes {
  const encoded = new TextEncoder().encode(value);
  return bytesOf('X', little(encoded.length, 4), encoded);
}

export function integer(value: number | bigint): Bytes {
  return bytesOf('\x8a\x08', little(value, 8));
}

export const tuple = (...items: Part[]): Bytes => bytesOf('(', ...items, 't');
export const list = (...items: Part[]): Bytes => bytesOf('](', ...items, 'e');
export const globalNamed = (module: string, name: string): Bytes => bytesOf(`c${module}\n${name}\n`);
export const called = (callable: Part, ...args: Part[]): Bytes => bytesOf(callable, tuple(...args), 'R');
export const pickle = (...parts: Part[]): Bytes => bytesOf(PROTO, ...parts, '.');
export const ORDERED_DICT: Bytes = called(globalNamed('collections', 'OrderedDict'));

export function dict(entries: Record<string, Part>): Bytes {
  return bytesOf('}(', ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]), 'u');
}

export interface TensorParts {
  type?: string;
  module?: string;
  key?: string;
  size?: number | bigint;
  offset?: number | bigint;
  shape?: readonly (number | bigint)[];
  strides?: readonly (number | bigint)[];
  /** The persistent id in place of the usual one. */
  id?: Part;
  hooks?: Part;
}

/** A tensor as torch.save writes it; by default two floats under the key 0. */
export function tensor(parts: TensorParts = {}): Bytes {
  const { type = 'FloatStorage', module = 'torch', key = '0', size = 2, offset = 0 } = parts;
  const { shape = [2], strides = [1], hooks = ORDERED_DICT } = parts;
  const id = parts.id ?? tuple(text('storage'), globalNamed(module, type), text(key), text('cpu'), integer(size));
  return called(
    globalNamed('torch._utils', '_rebuild_tensor_v2'),
    bytesOf(id, 'Q'),
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    FALSE,
    hooks,
  );
}

export const MAGIC: Bytes = bytesOf('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.');
export const VERSION: Bytes = pickle(integer(1001));
export const FACTS: Bytes = pickle(dict({ little_endian: TRUE }));

/** A file in the older layout; each storage is its count of elements and its bytes. */
export function older(
  object: Uint8Array,
  storages: readonly [key: string, count: number | bigint, data: Uint8Array][],
  keys: Uint8Array = pickle(list(...storages.map(([key]) => text(key)))),
): Bytes {
  const data = storages.flatMap(([, count, bytes]) => [little(count, 8), bytes]);
  return bytesOf(MAGIC, VERSION, FACTS, object, keys, ...data);
}
