/** What a checkpoint's pickle may hold: plain values, containers, and tensors as views of storages. */

import { bitsOf, type StoredDType } from '../dtype.js';
import type { PickleError } from '../errors.js';

/** Values that are no tensors and no containers. */
export type Scalar = string | number | bigint | boolean | null | PythonValue;

export type PickleValue =
  | Scalar
  | PickleTuple
  | PickleList
  | PickleSet
  | PickleDict
  | TorchStorage
  | TorchTensor
  | PythonGlobal;

/** A value of Python's for which JavaScript has no type, such as `torch.float16` or `b'\x00'`. */
export abstract class PythonValue {
  /** As Python writes it. */
  abstract readonly text: string;
  /** Characters of the text, or about as many where that is cheaper to tell. */
  get length(): number {
    return this.text.length;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** One that is known by its text alone: a device, a shape, a complex number. */
export class PythonText extends PythonValue {
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }
}

/** An element type of torch's. */
export class TorchDType extends PythonValue {
  readonly text: string;
  /** How tensors of that type are listed; absent for those that no tensor here has, such as `torch.qint8`. */
  readonly stored: StoredDType | undefined;

  constructor(name: string, stored: StoredDType | undefined) {
    super();
    this.text = `torch.${name}`;
    this.stored = stored;
  }
}

/** `bytes` or a `bytearray`. */
export class PickleBytes extends PythonValue {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #isArray: boolean;

  constructor(bytes: Uint8Array<ArrayBuffer>, isArray: boolean) {
    super();
    this.bytes = bytes;
    this.#isArray = isArray;
  }

  get text(): string {
    const literal = bytesLiteral(this.bytes);
    return this.#isArray ? `bytearray(${literal})` : literal;
  }

  override get length(): number {
    return this.bytes.length;
  }
}

export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

export class PickleList {
  readonly items: PickleValue[] = [];
}

/** In the order of the file. */
export class PickleSet {
  readonly items: PickleValue[];
  /** A frozenset takes no more items. */
  readonly frozen: boolean;

  constructor(items: readonly PickleValue[], frozen: boolean) {
    this.items = [...items];
    this.frozen = frozen;
  }
}

export type PickleKey = string | number | bigint | boolean | null;

export class PickleDict {
  /** Only an OrderedDict may carry attributes (torch hangs `_metadata` on state dicts); they are dropped. */
  readonly ordered: boolean;
  /** Made with the first entry: every tensor comes with an empty OrderedDict. */
  entries: Map<PickleKey, PickleValue> | undefined;

  constructor(ordered: boolean, entries?: Map<PickleKey, PickleValue>) {
    this.ordered = ordered;
    this.entries = entries;
  }
}

/** A run of elements kept under a key: an entry of the archive, or one of the blocks at the end of an older file. */
export class TorchStorage {
  readonly key: string;
  readonly dtype: StoredDType;
  /** Elements. */
  readonly size: number;

  constructor(key: string, dtype: StoredDType, size: number) {
    this.key = key;
    this.dtype = dtype;
    this.size = size;
  }

  get bytes(): number {
    return (this.size * bitsOf(this.dtype)) / 8;
  }
}

/** A view of a storage; offset and strides in elements of `dtype`. Lies within the storage. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly dtype: StoredDType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: TorchStorage,
    dtype: StoredDType,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** The arguments of a call, and the error for those that Python does not write. */
export interface Call {
  readonly args: readonly PickleValue[];
  readonly file: string;
  wrong(expected: string): PickleError;
}

/** One of the few Python objects that a pickle may name; see `globals.ts`. */
export class PythonGlobal {
  readonly name: string;
  /** What calling it makes; absent where it is only named. */
  readonly make: ((call: Call) => PickleValue) | undefined;
  /** Element type, where it is a class of storages. */
  readonly storage: StoredDType | undefined;

  constructor(name: string, use: { make?: (call: Call) => PickleValue; storage?: StoredDType } = {}) {
    this.name = name;
    this.make = use.make;
    this.storage = use.storage;
  }
}

const ESCAPES = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (character === '\\' || character === "'") return `\\${character}`;
  return byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
});
/** Bytes that are put into text at once. */
const PIECE = 2 ** 16;

function bytesLiteral(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += Array.from(bytes.subarray(at, at + PIECE), (byte) => ESCAPES[byte]).join('');
  }
  return `b'${text}'`;
}
