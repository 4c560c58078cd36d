/**
 * A reader of Python pickles that can make tensors, containers and plain values, and nothing else (protocols 2 to 5 as
 * torch.save writes them; opcodes from https://github.com/python/cpython/blob/main/Lib/pickletools.py).
 *
 * A pickle is a program for a stack machine. Here it may name only the objects of `globals.ts`, and the opcodes with which
 * other programs call, copy, discard or rewrite things are refused by name. Whatever the bytes are, memory and time stay
 * within `LIMITS`.
 */

import { ForbiddenGlobalError, PickleError } from '../errors.js';
import { describe } from './describe.js';
import { allowedGlobal, call } from './globals.js';
import { NumpyArray, NumpyDType, setNumpyState } from './numpy.js';
import { isKey } from './plain.js';
import { storageOf } from './rebuild.js';
import {
  PickleBytes,
  PickleDict,
  PickleList,
  PickleSet,
  PickleTuple,
  type PickleValue,
  PythonGlobal,
  TorchTensor,
} from './values.js';

/** What no pickle may exceed. */
export const LIMITS: {
  /** Bytes of a pickle. */
  readonly bytes: number;
  readonly tensors: number;
  /** Containers and storages. */
  readonly objects: number;
  /** Values in all containers together. */
  readonly items: number;
  /** Values on the stack, and in the memo. */
  readonly stack: number;
  /** Containers begun within one another. */
  readonly marks: number;
  /** Bytes of a string or of a value of type bytes. */
  readonly stringBytes: number;
  /** Bytes of strings and of values of type bytes that calls take, together: each call may copy them. */
  readonly callBytes: number;
} = {
  bytes: 16 * 2 ** 20,
  tensors: 2 ** 16,
  objects: 2 ** 18,
  items: 2 ** 20,
  stack: 2 ** 19,
  marks: 256,
  stringBytes: 16 * 2 ** 20,
  callBytes: 64 * 2 ** 20,
};

/** The bytes end before the pickle does. */
export class TruncatedPickleError extends PickleError {
  override name = 'TruncatedPickleError';
}

/** The value of the pickle that begins at `start`, and where the bytes go on behind it. */
export function unpickle(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  file: string,
): { value: PickleValue; end: number } {
  return new Machine(bytes, start, file).run();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class Machine {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #file: string;
  readonly #start: number;
  #at: number;
  #stack: PickleValue[] = [];
  /** Heights of the stack at the marks not yet taken. */
  #marks: number[] = [];
  #memo: PickleValue[] = [];
  #objects = 0;
  #items = 0;
  #tensors = 0;
  #callBytes = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, start: number, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
    this.#start = start;
    this.#at = start;
  }

  run(): { value: PickleValue; end: number } {
    if (this.#byte() !== 0x80) throw this.#error('the pickle does not begin with its protocol', 'protocols 2 to 5');
    const protocol = this.#byte();
    if (protocol < 2 || protocol > 5) {
      throw this.#error('this protocol of pickles is not read', 'protocols 2 to 5', `${protocol}`);
    }
    for (;;) {
      const opcode = this.#byte();
      if (opcode === STOP) break;
      const step = STEPS[opcode];
      if (step === undefined) throw this.#refused(opcode);
      step(this);
    }
    const [value] = this.#stack;
    if (value === undefined || this.#stack.length !== 1 || this.#marks.length > 0) {
      throw this.#error('the pickle stops in the middle');
    }
    return { value, end: this.#at };
  }

  // What the opcodes are made of.

  push(value: PickleValue): void {
    if (this.#stack.length >= LIMITS.stack) throw this.#beyond('values on its stack', LIMITS.stack);
    this.#stack.push(value);
  }

  /** Pushes a new container or storage. */
  pushObject(value: PickleValue): void {
    if (++this.#objects > LIMITS.objects) throw this.#beyond('containers', LIMITS.objects);
    this.push(value);
  }

  /** Takes the uppermost value; never one from below a mark. */
  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw this.#error('the pickle takes a value that is not there');
    return this.#stack.pop()!;
  }

  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    if (this.#marks.length >= LIMITS.marks) throw this.#beyond('containers begun within one another', LIMITS.marks);
    this.#marks.push(this.#stack.length);
  }

  /** Takes everything down to the uppermost mark, and the mark. */
  popToMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw this.#error('the pickle takes a mark that is not there');
    return this.#stack.splice(height);
  }

  pushTuple(items: readonly PickleValue[]): void {
    this.#count(items.length);
    this.pushObject(new PickleTuple(items));
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!(list instanceof PickleList)) throw this.#error('values are appended to', 'a list', describe(list));
    this.#count(items.length);
    for (const item of items) list.items.push(item);
  }

  addItems(items: readonly PickleValue[]): void {
    const set = this.top();
    if (!(set instanceof PickleSet) || set.frozen) throw this.#error('items are added to', 'a set', describe(set));
    this.#count(items.length);
    for (const item of items) set.items.push(item);
  }

  pushSet(items: readonly PickleValue[], frozen: boolean): void {
    this.#count(items.length);
    this.pushObject(new PickleSet(items, frozen));
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict)) throw this.#error('entries are set in', 'a dict', describe(dict));
    if (items.length % 2 !== 0) throw this.#error('a key has no value');
    this.#count(items.length);
    dict.entries ??= new Map();
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (!isKey(key)) {
        throw this.#error('a dict has a key of this kind', 'strings, numbers, booleans and None', describe(key));
      }
      if (dict.entries.has(key)) throw this.#error('a key is there twice', undefined, describe(key));
      dict.entries.set(key, items[i + 1]!);
    }
  }

  /** Writes the uppermost value into the memo; torch numbers the places in order, so no place is written twice. */
  memoize(place: number = this.#memo.length): void {
    if (place !== this.#memo.length) {
      throw this.#error('the memo is not written in order', `place ${this.#memo.length}`, `${place}`);
    }
    if (this.#memo.length >= LIMITS.stack) throw this.#beyond('values in its memo', LIMITS.stack);
    this.#memo.push(this.top());
  }

  recall(place: number): void {
    const value = this.#memo[place];
    if (value === undefined) {
      throw this.#error('the memo has no such place', `places below ${this.#memo.length}`, `${place}`);
    }
    this.push(value);
  }

  global(module: string, name: string): void {
    const full = `${module}.${name}`;
    const found = allowedGlobal(full);
    if (!found) throw new ForbiddenGlobalError(full, `at byte ${this.#at}`, this.#file);
    this.push(found);
  }

  reduce(): void {
    const args = this.pop();
    const callable = this.pop();
    if (!(callable instanceof PythonGlobal)) {
      throw this.#error('something is called that cannot be', 'a function that rebuilds a tensor', describe(callable));
    }
    if (!(args instanceof PickleTuple))
      throw this.#error('a call has arguments of this kind', 'a tuple', describe(args));
    for (const arg of args.items) this.#countArgument(arg);
    const made = call(callable, args.items, this.#file);
    if (made instanceof TorchTensor && ++this.#tensors > LIMITS.tensors) throw this.#beyond('tensors', LIMITS.tensors);
    this.pushObject(made);
  }

  /** Attributes for an object: what NumPy states of its own, and the `_metadata` of an OrderedDict, which nobody needs. */
  build(): void {
    const state = this.pop();
    const object = this.top();
    if (object instanceof NumpyDType || object instanceof NumpyArray) {
      if (setNumpyState(object, state)) return;
      throw this.#error(
        'this state is not one that NumPy writes',
        undefined,
        `${describe(state)} for ${describe(object)}`,
      );
    }
    if (!(object instanceof PickleDict && object.ordered && state instanceof PickleDict)) {
      throw this.#error('attributes are set (opcode BUILD) on', 'an OrderedDict', describe(object));
    }
  }

  persistentId(): void {
    this.pushObject(storageOf(this.pop(), this.#file));
  }

  // Operands.

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw this.#truncated(1);
    return this.#bytes[this.#at++]!;
  }

  /** Where the next `length` bytes begin. */
  take(length: number): number {
    if (length > this.#bytes.length - this.#at) throw this.#truncated(length);
    const at = this.#at;
    this.#at += length;
    return at;
  }

  u8 = (): number => this.#view.getUint8(this.take(1));
  u16 = (): number => this.#view.getUint16(this.take(2), true);
  i32 = (): number => this.#view.getInt32(this.take(4), true);
  u32 = (): number => this.#view.getUint32(this.take(4), true);
  f64 = (): number => this.#view.getFloat64(this.take(8), false);
  u64(): number {
    const value = this.#view.getBigUint64(this.take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#error('a length is impossible', undefined, `${value}`);
    return Number(value);
  }

  /** A little-endian two's-complement integer of `length` bytes. */
  long(length: number): number | bigint {
    if (length > 32) throw this.#error('an integer is too long', 'at most 32 bytes', `${length}`);
    const at = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i]!);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  text(length: number): string {
    return this.#decode(this.#slice(length));
  }

  pushBytes(length: number, isArray: boolean): void {
    this.pushObject(new PickleBytes(this.#slice(length), isArray));
  }

  #slice(length: number): Uint8Array<ArrayBuffer> {
    if (length > LIMITS.stringBytes) throw this.#beyond('bytes in a string', LIMITS.stringBytes);
    const at = this.take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Text up to a line break, as GLOBAL and INST have it. */
  line(): string {
    const longest = 256;
    const end = this.#bytes.subarray(this.#at, this.#at + longest).indexOf(0x0a);
    if (end >= 0) return this.#decode(this.#bytes.subarray(this.take(end + 1), this.#at - 1));
    if (this.#bytes.length - this.#at < longest) throw this.#truncated(longest);
    throw this.#error('a name is too long', `at most ${longest} bytes`);
  }

  /** A frame says how many bytes are to be read at once: of no interest here, but it must be true. */
  frame(): void {
    const length = this.u64();
    if (length > LIMITS.bytes) throw this.#error('a frame is longer than a pickle may be', undefined, `${length}`);
    if (length > this.#bytes.length - this.#at) throw this.#truncated(length);
  }

  #decode(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.#error('a string is not UTF-8 text');
    }
  }

  /** A step that puts nothing into a container counts as well, so that no pickle goes on for long without an end. */
  #count(items: number): void {
    this.#items += Math.max(1, items);
    if (this.#items > LIMITS.items) throw this.#beyond('values in containers', LIMITS.items);
  }

  /** What a call may copy counts each time, since the memo lets a short pickle call with one long argument often. */
  #countArgument(arg: PickleValue): void {
    if (arg instanceof PickleList || arg instanceof PickleSet) this.#count(arg.items.length);
    else if (arg instanceof PickleDict && arg.entries) this.#count(arg.entries.size);
    else if (typeof arg === 'string' || arg instanceof PickleBytes) {
      this.#callBytes += arg.length;
      if (this.#callBytes > LIMITS.callBytes) throw this.#beyond('bytes in its calls', LIMITS.callBytes);
    }
  }

  #refused(opcode: number): PickleError {
    const name = REFUSED[opcode];
    if (name === undefined) {
      return this.#error('this is no opcode of pickles', undefined, `0x${opcode.toString(16).padStart(2, '0')}`);
    }
    if (name === 'INST') {
      const full = `${this.line()}.${this.line()}`;
      return new ForbiddenGlobalError(full, `opcode INST at byte ${this.#at}`, this.#file);
    }
    return this.#error(`the opcode ${name} is refused`, 'what torch.save writes for tensors and plain values');
  }

  #beyond(what: string, limit: number): PickleError {
    return this.#error(`the pickle has more ${what} than any checkpoint`, `at most ${limit}`);
  }

  #truncated(wanted: number): TruncatedPickleError {
    return new TruncatedPickleError('the pickle is cut short', {
      file: this.#file,
      expected: `${wanted} bytes more at byte ${this.#at - this.#start}`,
      found: `${this.#bytes.length - this.#at}`,
      remedy: 'fetch the file again',
    });
  }

  #error(problem: string, expected?: string, found?: string): PickleError {
    return new PickleError(problem, {
      file: this.#file,
      expected,
      found: `${found === undefined ? '' : `${found} `}at byte ${this.#at - this.#start} of the pickle`,
      remedy: 'the file is damaged, or is no checkpoint of tensors',
    });
  }
}

const STOP = 0x2e;

type Step = (machine: Machine) => void;

const STEPS: readonly (Step | undefined)[] = table<Step>([
  [0x95, (m) => m.frame()],
  ['(', (m) => m.mark()],
  ['N', (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  ['J', (m) => m.push(m.i32())],
  ['K', (m) => m.push(m.u8())],
  ['M', (m) => m.push(m.u16())],
  [0x8a, (m) => m.push(m.long(m.u8()))],
  ['G', (m) => m.push(m.f64())],
  ['X', (m) => m.push(m.text(m.u32()))],
  [0x8c, (m) => m.push(m.text(m.u8()))],
  [0x8d, (m) => m.push(m.text(m.u64()))],
  // Python 2's strings.
  ['U', (m) => m.push(m.text(m.u8()))],
  ['T', (m) => m.push(m.text(m.u32()))],
  ['C', (m) => m.pushBytes(m.u8(), false)],
  ['B', (m) => m.pushBytes(m.u32(), false)],
  [0x8e, (m) => m.pushBytes(m.u64(), false)],
  [0x96, (m) => m.pushBytes(m.u64(), true)],
  [0x8f, (m) => m.pushSet([], false)],
  [0x90, (m) => m.addItems(m.popToMark())],
  [0x91, (m) => m.pushSet(m.popToMark(), true)],
  ['}', (m) => m.pushObject(new PickleDict(false))],
  [']', (m) => m.pushObject(new PickleList())],
  [')', (m) => m.pushTuple([])],
  ['t', (m) => m.pushTuple(m.popToMark())],
  [0x85, (m) => m.pushTuple([m.pop()])],
  [0x86, (m) => m.pushTuple([m.pop(), m.pop()].reverse())],
  [0x87, (m) => m.pushTuple([m.pop(), m.pop(), m.pop()].reverse())],
  ['a', (m) => m.append([m.pop()])],
  ['e', (m) => m.append(m.popToMark())],
  ['s', (m) => m.setItems([m.pop(), m.pop()].reverse())],
  ['u', (m) => m.setItems(m.popToMark())],
  ['c', (m) => m.global(m.line(), m.line())],
  [0x93, stackGlobal],
  ['R', (m) => m.reduce()],
  ['Q', (m) => m.persistentId()],
  ['q', (m) => m.memoize(m.u8())],
  ['r', (m) => m.memoize(m.u32())],
  [0x94, (m) => m.memoize()],
  ['h', (m) => m.recall(m.u8())],
  ['j', (m) => m.recall(m.u32())],
  ['b', (m) => m.build()],
]);

/** Opcodes that torch.save has no need of, by their names in `pickletools`. */
const REFUSED: readonly (string | undefined)[] = table<string>([
  [0x80, 'PROTO (a second time)'],
  ['0', 'POP'],
  ['1', 'POP_MARK'],
  ['2', 'DUP'],
  ['F', 'FLOAT'],
  ['I', 'INT'],
  ['L', 'LONG'],
  [0x8b, 'LONG4'],
  ['V', 'UNICODE'],
  ['S', 'STRING'],
  ['P', 'PERSID'],
  ['i', 'INST'],
  ['o', 'OBJ'],
  [0x81, 'NEWOBJ'],
  [0x92, 'NEWOBJ_EX'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  ['p', 'PUT'],
  ['g', 'GET'],
  ['d', 'DICT'],
  ['l', 'LIST'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
]);

function stackGlobal(machine: Machine): void {
  const [name, module] = [machine.pop(), machine.pop()];
  machine.global(
    typeof module === 'string' ? module : describe(module),
    typeof name === 'string' ? name : describe(name),
  );
}

function table<T>(rows: readonly [opcode: string | number, value: T][]): readonly (T | undefined)[] {
  const result = new Array<T | undefined>(256).fill(undefined);
  for (const [opcode, value] of rows) result[typeof opcode === 'string' ? opcode.charCodeAt(0) : opcode] = value;
  return result;
}
