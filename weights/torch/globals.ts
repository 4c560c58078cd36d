/**
 * The allow-list: the Python objects that a checkpoint's pickle may name, and what calling them makes here. There is no
 * other way from a name in a file to anything that happens.
 */

import type { DType } from '../dtype.js';
import { LayoutError, PickleError, quoted } from '../errors.js';
import { elementCount, showShape } from '../safetensors-header.js';
import {
  PickleDict,
  PickleList,
  PickleTuple,
  type PickleValue,
  type Scalar,
  TorchGlobal,
  TorchStorage,
  TorchTensor,
} from './values.js';

const STORAGES: Record<string, DType> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

const ORDERED_DICT = 'collections.OrderedDict';
const REBUILD_TENSOR = 'torch._utils._rebuild_tensor_v2';
const REBUILD_PARAMETER = 'torch._utils._rebuild_parameter';

const ALLOWED: ReadonlyMap<string, TorchGlobal> = new Map(
  [
    ...[ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER].map((name) => new TorchGlobal(name)),
    // Older files of models on a GPU name the classes of storages there; the bytes are the same.
    ...Object.entries(STORAGES).flatMap(([name, dtype]) => [
      new TorchGlobal(`torch.${name}`, dtype),
      new TorchGlobal(`torch.cuda.${name}`, dtype),
    ]),
  ].map((global) => [global.name, global]),
);

/** Copies of one element that a view may make of a storage (as torch's `expand` does), in elements in all. */
const LARGEST_EXPANSION = 2 ** 20;

/** The object of that name, where the list has it. */
export function allowedGlobal(name: string): TorchGlobal | undefined {
  return ALLOWED.get(name);
}

/**
 * What calling `global` makes.
 * @throws {PickleError} for arguments that torch does not write
 * @throws {LayoutError} for a tensor that does not fit its storage
 */
export function call(global: TorchGlobal, args: readonly PickleValue[], file: string): PickleValue {
  const wrong = (expected: string): PickleError =>
    new PickleError(`${global.name} is called in a way that torch.save does not write`, {
      file,
      expected,
      found: `(${args.map(describe).join(', ')})`,
    });
  if (global.name === ORDERED_DICT) return orderedDict(args, wrong);
  if (global.name === REBUILD_TENSOR) return rebuildTensor(args, wrong, file);
  if (global.name === REBUILD_PARAMETER) {
    const [data, requiresGrad, hooks] = args;
    if (args.length === 3 && data instanceof TorchTensor && typeof requiresGrad === 'boolean' && isEmptyDict(hooks)) {
      return data;
    }
    throw wrong('(a tensor, a boolean, an empty OrderedDict)');
  }
  throw wrong('a class of storages is only named, never called');
}

/** A storage from `('storage', class, key, location, size)`, the one kind of persistent id that torch writes. */
export function storageOf(id: PickleValue, file: string): TorchStorage {
  const items = id instanceof PickleTuple ? id.items : [];
  const [kind, type, key, location, size, view = null] = items;
  if (
    (items.length === 5 || items.length === 6) &&
    kind === 'storage' &&
    type instanceof TorchGlobal &&
    type.storage !== undefined &&
    typeof key === 'string' &&
    /^[0-9]{1,20}$/.test(key) &&
    typeof location === 'string' &&
    isSize(size) &&
    view === null
  ) {
    return new TorchStorage(key, type.storage, size);
  }
  throw new PickleError('a persistent id is not one of a storage', {
    file,
    expected: "('storage', a class of storages, a number as key, a place, a size)",
    found: id instanceof PickleTuple ? `(${items.map(describe).join(', ')})` : describe(id),
  });
}

/** A value for a message. */
export function describe(value: PickleValue | undefined): string {
  if (value instanceof PickleTuple) return `a tuple of ${value.items.length}`;
  if (value instanceof PickleList) return `a list of ${value.items.length}`;
  if (value instanceof PickleDict) return `a dict of ${value.entries?.size ?? 0}`;
  if (value instanceof TorchStorage) return 'a storage';
  if (value instanceof TorchTensor) return 'a tensor';
  if (value instanceof TorchGlobal) return value.name;
  return typeof value === 'string' ? quoted(value, 40) : pythonName(value);
}

function pythonName(value: Scalar | undefined): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

/** Python 2 wrote `OrderedDict([[key, value], …])`; Python 3 makes an empty one and sets its items. */
function orderedDict(args: readonly PickleValue[], wrong: (expected: string) => PickleError): PickleDict {
  const dict = new PickleDict(true);
  if (args.length === 0) return dict;
  const [pairs] = args;
  if (args.length !== 1 || !(pairs instanceof PickleList)) throw wrong('no arguments, or a list of pairs');
  dict.entries = new Map();
  for (const pair of pairs.items) {
    const items = pair instanceof PickleTuple || pair instanceof PickleList ? pair.items : [];
    const [key, value] = items;
    if (items.length !== 2 || value === undefined || typeof key !== 'string' || dict.entries.has(key)) {
      throw wrong('a list of pairs with different strings as keys');
    }
    dict.entries.set(key, value);
  }
  return dict;
}

function rebuildTensor(
  args: readonly PickleValue[],
  wrong: (expected: string) => PickleError,
  file: string,
): TorchTensor {
  const [storage, offset, shape, strides, requiresGrad, hooks, metadata = null] = args;
  if (
    args.length < 6 ||
    args.length > 7 ||
    !(storage instanceof TorchStorage) ||
    !isSize(offset) ||
    !isSizes(shape) ||
    !isSizes(strides) ||
    typeof requiresGrad !== 'boolean' ||
    !isEmptyDict(hooks) ||
    !(metadata === null || isEmptyDict(metadata))
  ) {
    throw wrong('(a storage, an offset, sizes, strides, a boolean, an empty OrderedDict)');
  }
  const [sizes, steps] = [shape.items, strides.items] as [readonly number[], readonly number[]];
  const view = `offset ${offset}, shape ${showShape(sizes)}, strides ${showShape(steps)}`;
  if (sizes.length !== steps.length) {
    throw new LayoutError('a tensor has not as many strides as dimensions', { file, found: view });
  }
  const count = elementCount(sizes, file);
  const last = offset + sizes.reduce((sum, size, d) => sum + (size - 1) * steps[d]!, 0);
  if (count > 0 ? !(last < storage.size) : !(offset <= storage.size)) {
    throw new LayoutError('a tensor reaches beyond the end of its storage', {
      file,
      expected: `a view of ${storage.size} elements (storage ${storage.key})`,
      found: view,
    });
  }
  if (count > storage.size && count > LARGEST_EXPANSION) {
    throw new LayoutError('a tensor repeats the elements of its storage beyond measure', {
      file,
      expected: `at most ${Math.max(storage.size, LARGEST_EXPANSION)} elements`,
      found: view,
      remedy: 'store it with .contiguous(), if it is meant',
    });
  }
  return new TorchTensor(storage, offset, sizes, steps);
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: PickleValue | undefined): value is PickleTuple {
  return value instanceof PickleTuple && value.items.every(isSize);
}

function isEmptyDict(value: PickleValue | undefined): boolean {
  return value instanceof PickleDict && (value.entries?.size ?? 0) === 0;
}
