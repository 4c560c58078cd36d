/** Plain values of Python that pickles make by a call. Arguments are checked; nothing is evaluated. */

import {
  type Call,
  PickleBytes,
  PickleDict,
  type PickleKey,
  PickleList,
  PickleSet,
  PickleTuple,
  type PickleValue,
  PythonGlobal,
  PythonText,
} from './values.js';

/** Sizes that a `torch.Size` may have. */
const MOST_SIZES = 64;

export function isKey(value: PickleValue | undefined): value is PickleKey {
  return value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** Python 2 wrote `OrderedDict([[key, value], …])`; Python 3 makes an empty one and sets its items. */
export function orderedDict({ args, wrong }: Call): PickleDict {
  if (args.length === 0) return new PickleDict(true);
  const [pairs] = args;
  if (args.length !== 1 || !(pairs instanceof PickleList)) throw wrong('no arguments, or a list of pairs');
  const entries = new Map<PickleKey, PickleValue>();
  for (const pair of pairs.items) {
    const items = pair instanceof PickleTuple || pair instanceof PickleList ? pair.items : [];
    const [key, value] = items;
    if (items.length !== 2 || value === undefined || typeof key !== 'string' || entries.has(key)) {
      throw wrong('a list of pairs with different strings as keys');
    }
    entries.set(key, value);
  }
  return new PickleDict(true, entries);
}

/** `defaultdict(dict)`: the type of the values that it would make of itself, then its items. */
export function defaultDict({ args, wrong }: Call): PickleDict {
  const [factory = null] = args;
  if (args.length > 1 || !(factory === null || (factory instanceof PythonGlobal && FACTORIES.has(factory.name)))) {
    throw wrong('one of the types dict, list, set, int and float');
  }
  return new PickleDict(false);
}

const FACTORIES: ReadonlySet<string> = new Set(
  ['builtins', '__builtin__'].flatMap((module) => ['dict', 'list', 'set', 'int', 'float'].map((n) => `${module}.${n}`)),
);

/** `Counter({item: count})`, as schedulers of learning rates keep their milestones. */
export function counter({ args, wrong }: Call): PickleDict {
  const [counts] = args;
  if (args.length !== 1 || !(counts instanceof PickleDict)) throw wrong('a dict');
  return new PickleDict(false, new Map(counts.entries));
}

export const set = (call: Call): PickleSet => setOf(call, false);
export const frozenset = (call: Call): PickleSet => setOf(call, true);

function setOf({ args, wrong }: Call, frozen: boolean): PickleSet {
  const [items] = args;
  if (args.length === 0) return new PickleSet([], frozen);
  if (args.length !== 1 || !(items instanceof PickleList)) throw wrong('a list');
  return new PickleSet(items.items, frozen);
}

/** `_codecs.encode(text, 'latin1')`: bytes, as protocols before 3 had to write them. */
export function encoded(call: Call): PickleBytes {
  return new PickleBytes(latin1(call), false);
}

/** `bytes()`: the empty ones, in the same protocols. */
export function noBytes({ args, wrong }: Call): PickleBytes {
  if (args.length > 0) throw wrong('no arguments');
  return new PickleBytes(new Uint8Array(0), false);
}

export function byteArray(call: Call): PickleBytes {
  const [data] = call.args;
  if (call.args.length === 0) return new PickleBytes(new Uint8Array(0), true);
  if (call.args.length === 1 && data instanceof PickleBytes) return new PickleBytes(data.bytes, true);
  return new PickleBytes(latin1(call), true);
}

/** The characters of a text as bytes. No other codec is known here: some of Python's unpack or decode. */
function latin1({ args, wrong }: Call): Uint8Array<ArrayBuffer> {
  const [text, codec] = args;
  const expected = "characters below 256 and the codec 'latin1'";
  if (args.length !== 2 || typeof text !== 'string' || (codec !== 'latin1' && codec !== 'latin-1'))
    throw wrong(expected);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw wrong(expected);
    bytes[i] = code;
  }
  return bytes;
}

export function complex({ args, wrong }: Call): PythonText {
  const [real, imaginary] = args;
  if (args.length !== 2 || typeof real !== 'number' || typeof imaginary !== 'number') throw wrong('two numbers');
  return complexText(real, imaginary);
}

export function complexText(real: number, imaginary: number): PythonText {
  return new PythonText(`complex(${numberText(real)}, ${numberText(imaginary)})`);
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

/** `torch.Size((2, 3))`; a size may be below zero, as in arguments of `view`. */
export function torchSize({ args, wrong }: Call): PythonText {
  const [sizes] = args;
  const items = sizes instanceof PickleTuple ? sizes.items : [];
  if (
    args.length !== 1 ||
    !(sizes instanceof PickleTuple) ||
    items.length > MOST_SIZES ||
    !items.every(Number.isSafeInteger)
  ) {
    throw wrong('a tuple of integers');
  }
  return new PythonText(`torch.Size([${items.join(', ')}])`);
}

export function torchDevice({ args, wrong }: Call): PythonText {
  const [type, index] = args;
  const isIndexed = args.length === 2 && Number.isSafeInteger(index);
  if (typeof type !== 'string' || !/^[a-z]{1,20}$/.test(type) || !(args.length === 1 || isIndexed)) {
    throw wrong('the name of a kind of device, and a number');
  }
  return new PythonText(`device(type='${type}'${isIndexed ? `, index=${Number(index)}` : ''})`);
}
