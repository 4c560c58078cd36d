/**
 * NumPy's element types, scalars and arrays, as checkpoints of training hold them for counters, metrics and the states of
 * random number generators. Scalars become plain values; arrays are listed by type and shape.
 */

import { f16BitsToF32Bits } from '../half.js';
import { complexText } from './plain.js';
import { sizesOf } from './rebuild.js';
import {
  type Call,
  PickleBytes,
  PickleList,
  PickleTuple,
  type PickleValue,
  PythonGlobal,
  PythonText,
  PythonValue,
  type Scalar,
} from './values.js';

/** Dimensions of an array, at most; NumPy's own limit. */
const MOST_DIMENSIONS = 64;

/** Names of the kinds of types, and whether NumPy names them with their bits. */
const KINDS: Readonly<Record<string, readonly [name: string, withBits: boolean]>> = {
  b: ['bool', false],
  i: ['int', true],
  u: ['uint', true],
  f: ['float', true],
  c: ['complex', true],
  U: ['str', false],
  S: ['bytes', false],
  M: ['datetime64', false],
  m: ['timedelta64', false],
  V: ['void', false],
  O: ['object', false],
};

export class NumpyDType extends PythonValue {
  /** The letter that NumPy has for it: `f` for floats. */
  readonly kind: string;
  /** Bytes of one element. */
  readonly itemSize: number;
  littleEndian = true;

  constructor(kind: string, itemSize: number) {
    super();
    this.kind = kind;
    this.itemSize = itemSize;
  }

  get text(): string {
    const [name, withBits] = KINDS[this.kind]!;
    return `dtype('${name}${withBits ? 8 * this.itemSize : ''}')`;
  }
}

/** An array; empty until its state is set. */
export class NumpyArray extends PythonValue {
  dtype: NumpyDType | undefined;
  shape: readonly number[] = [0];

  get text(): string {
    return `numpy.ndarray([${this.shape.join(', ')}]${this.dtype ? `, ${this.dtype.text}` : ''})`;
  }
}

export const NDARRAY: PythonGlobal = new PythonGlobal('numpy.ndarray');

/** `numpy.dtype('f8', False, True)`. Structures are not made so, and stay refused. */
export function numpyDType({ args, wrong }: Call): NumpyDType {
  const [code] = args;
  const match = typeof code === 'string' ? /^([biufcUSMmVO])([0-9]{1,6})$/.exec(code) : null;
  if (match === null || args.length > 3) throw wrong("the code of a type, such as 'f8'");
  const [, kind, size] = match as unknown as [string, string, string];
  return new NumpyDType(kind, Number(size) * (kind === 'U' ? 4 : 1));
}

/** `numpy.core.multiarray.scalar(dtype, bytes)`. */
export function numpyScalar({ args, wrong }: Call): Scalar {
  const [dtype, data] = args;
  if (
    args.length !== 2 ||
    !(dtype instanceof NumpyDType) ||
    !(data instanceof PickleBytes) ||
    data.bytes.length !== dtype.itemSize
  ) {
    throw wrong('a dtype and the bytes of one element');
  }
  return scalarOf(dtype, data);
}

/** `numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b'b')`, whose state follows. */
export function numpyArray({ args, wrong }: Call): NumpyArray {
  if (args.length !== 3 || args[0] !== NDARRAY) throw wrong('(numpy.ndarray, (0,), bytes)');
  return new NumpyArray();
}

/** `numpy.core.numeric._frombuffer(bytes, dtype, shape, order)`, the same in protocol 5. */
export function numpyFromBuffer({ args, wrong }: Call): NumpyArray {
  const [data, dtype, shape, order] = args;
  const array = new NumpyArray();
  if (args.length !== 4 || (order !== 'C' && order !== 'F') || !fill(array, shape, dtype, data)) {
    throw wrong('bytes, a dtype, a shape that fits them, and an order');
  }
  return array;
}

/** Sets what a pickle states of a dtype or an array after it was made. False for a state that NumPy does not write. */
export function setNumpyState(object: NumpyDType | NumpyArray, state: PickleValue): boolean {
  const items = state instanceof PickleTuple ? state.items : [];
  if (object instanceof NumpyArray) {
    const [, shape, dtype, , data] = items;
    return items.length === 5 && fill(object, shape, dtype, data);
  }
  const [, order, base, names, fields] = items;
  if (items.length < 8 || items.length > 9 || base !== null || names !== null || fields !== null) return false;
  if (typeof order !== 'string' || !['<', '>', '|', '='].includes(order)) return false;
  object.littleEndian = order !== '>';
  return true;
}

function fill(
  array: NumpyArray,
  shape: PickleValue | undefined,
  dtype: PickleValue | undefined,
  data: PickleValue | undefined,
): boolean {
  const sizes = sizesOf(shape);
  if (!sizes || sizes.length > MOST_DIMENSIONS || !(dtype instanceof NumpyDType)) return false;
  const count = sizes.reduce((product, size) => product * size, 1);
  // An array of objects has a list of them in place of bytes.
  const fits =
    dtype.kind === 'O'
      ? data instanceof PickleList && data.items.length === count
      : data instanceof PickleBytes && data.bytes.length === count * dtype.itemSize;
  if (!fits) return false;
  array.dtype = dtype;
  array.shape = sizes;
  return true;
}

function scalarOf({ kind, itemSize, littleEndian }: NumpyDType, data: PickleBytes): Scalar {
  const { buffer, byteOffset, byteLength } = data.bytes;
  const view = new DataView(buffer, byteOffset, byteLength);
  const float = FLOATS[kind === 'c' ? itemSize / 2 : itemSize];
  if (kind === 'b' && itemSize === 1) return view.getUint8(0) !== 0;
  if (kind === 'f' && float) return float(view, 0, littleEndian);
  if (kind === 'c' && float) return complexText(float(view, 0, littleEndian), float(view, itemSize / 2, littleEndian));
  if ((kind === 'i' || kind === 'u') && itemSize <= 8) return integerOf(data.bytes, kind === 'i', littleEndian);
  if (kind === 'U') return textOf(view, littleEndian);
  if (kind === 'S') return data;
  return new PythonText(`numpy.${KINDS[kind]![0]} ${data.text}`);
}

const FLOATS: Readonly<Record<number, (view: DataView, at: number, littleEndian: boolean) => number>> = {
  2: (view, at, littleEndian) => {
    const bits = new Uint32Array([f16BitsToF32Bits(view.getUint16(at, littleEndian))]);
    return new Float32Array(bits.buffer)[0]!;
  },
  4: (view, at, littleEndian) => view.getFloat32(at, littleEndian),
  8: (view, at, littleEndian) => view.getFloat64(at, littleEndian),
};

function integerOf(bytes: Uint8Array, signed: boolean, littleEndian: boolean): number | bigint {
  let value = 0n;
  for (const byte of littleEndian ? bytes.toReversed() : bytes) value = (value << 8n) | BigInt(byte);
  if (signed) value = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Four bytes a character, zeros behind the last. */
function textOf(view: DataView, littleEndian: boolean): string {
  let text = '';
  for (let at = 0; at < view.byteLength; at += 4) {
    const code = view.getUint32(at, littleEndian);
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  return text.replace(/\0+$/, '');
}
