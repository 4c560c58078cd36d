/** Tensors and their storages out of what torch.save wrote of them. */

import { bitsOf, isDType, type StoredDType } from '../dtype.js';
import { LayoutError, PickleError } from '../errors.js';
import { elementCount, showShape } from '../safetensors-header.js';
import { describe } from './describe.js';
import {
  type Call,
  PickleDict,
  PickleTuple,
  type PickleValue,
  PythonGlobal,
  TorchDType,
  TorchStorage,
  TorchTensor,
} from './values.js';

/** Copies of one element that a view may make of a storage (as torch's `expand` does), in elements in all. */
const LARGEST_EXPANSION = 2 ** 20;

/**
 * A storage from `('storage', class, key, location, size)`, the one kind of persistent id that torch writes.
 * @throws {PickleError} for any other
 */
export function storageOf(id: PickleValue, file: string): TorchStorage {
  const items = id instanceof PickleTuple ? id.items : [];
  const [kind, type, key, location, size, view = null] = items;
  if (
    (items.length === 5 || items.length === 6) &&
    kind === 'storage' &&
    type instanceof PythonGlobal &&
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

/** `_rebuild_tensor_v2`: a view in the storage's own type. */
export function rebuildTensor(call: Call): TorchTensor {
  const [storage, offset, shape, strides, ...rest] = call.args;
  const view = viewFrom(offset, shape, strides);
  if (!(storage instanceof TorchStorage) || view === undefined || !isPlainTensor(rest, storage.dtype)) {
    throw call.wrong('(a storage, an offset, sizes, strides, a boolean, an empty OrderedDict)');
  }
  return tensorOf(storage, storage.dtype, view, call.file);
}

/** `_rebuild_tensor_v3`: a view of a storage of bytes in a type of its own, as torch keeps its newer types. */
export function rebuildTypedTensor(call: Call): TorchTensor {
  const [storage, offset, shape, strides, requiresGrad, hooks, type, ...rest] = call.args;
  const view = viewFrom(offset, shape, strides);
  if (
    !(storage instanceof TorchStorage && storage.dtype === 'U8') ||
    view === undefined ||
    !(type instanceof TorchDType && type.stored !== undefined) ||
    !isPlainTensor([requiresGrad, hooks, ...rest], type.stored)
  ) {
    throw call.wrong('(a storage of bytes, an offset, sizes, strides, a boolean, an empty OrderedDict, a type)');
  }
  return tensorOf(storage, type.stored, view, call.file);
}

/** `_rebuild_parameter`: the tensor of a parameter. */
export function rebuildParameter({ args, wrong }: Call): TorchTensor {
  const [data, requiresGrad, hooks] = args;
  if (args.length === 3 && data instanceof TorchTensor && typeof requiresGrad === 'boolean' && isEmptyDict(hooks)) {
    return data;
  }
  throw wrong('(a tensor, a boolean, an empty OrderedDict)');
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The items of a tuple of sizes; undefined for anything else. */
export function sizesOf(value: PickleValue | undefined): readonly number[] | undefined {
  return value instanceof PickleTuple && value.items.every(isSize) ? (value.items as readonly number[]) : undefined;
}

interface View {
  offset: number;
  shape: readonly number[];
  strides: readonly number[];
}

function viewFrom(
  offset: PickleValue | undefined,
  shape: PickleValue | undefined,
  strides: PickleValue | undefined,
): View | undefined {
  const [sizes, steps] = [sizesOf(shape), sizesOf(strides)];
  return isSize(offset) && sizes && steps ? { offset, shape: sizes, strides: steps } : undefined;
}

/**
 * Whether a tensor's last arguments are those of one without hooks and without metadata. Metadata says that the elements
 * stand for their conjugates or negatives; of a tensor whose elements are not read, that makes no difference.
 */
function isPlainTensor(args: readonly (PickleValue | undefined)[], dtype: StoredDType): boolean {
  const [requiresGrad, hooks, metadata = null] = args;
  return (
    (args.length === 2 || args.length === 3) &&
    typeof requiresGrad === 'boolean' &&
    isEmptyDict(hooks) &&
    (metadata === null || isEmptyDict(metadata) || (metadata instanceof PickleDict && !isDType(dtype)))
  );
}

function isEmptyDict(value: PickleValue | undefined): boolean {
  return value instanceof PickleDict && (value.entries?.size ?? 0) === 0;
}

/** @throws {LayoutError} for a view that does not lie within the storage, or repeats it beyond measure */
function tensorOf(
  storage: TorchStorage,
  dtype: StoredDType,
  { offset, shape, strides }: View,
  file: string,
): TorchTensor {
  const size = Math.floor(storage.bytes / (bitsOf(dtype) / 8));
  const view = `offset ${offset}, shape ${showShape(shape)}, strides ${showShape(strides)}`;
  if (shape.length !== strides.length) {
    throw new LayoutError('a tensor has not as many strides as dimensions', { file, found: view });
  }
  const count = elementCount(shape, file);
  const last = offset + shape.reduce((sum, n, d) => sum + (n - 1) * strides[d]!, 0);
  if (count > 0 ? !(last < size) : !(offset <= size)) {
    throw new LayoutError('a tensor reaches beyond the end of its storage', {
      file,
      expected: `a view of ${size} elements (storage ${storage.key})`,
      found: view,
    });
  }
  if (count > size && count > LARGEST_EXPANSION) {
    throw new LayoutError('a tensor repeats the elements of its storage beyond measure', {
      file,
      expected: `at most ${Math.max(size, LARGEST_EXPANSION)} elements`,
      found: view,
      remedy: 'store it with .contiguous(), if it is meant',
    });
  }
  return new TorchTensor(storage, dtype, offset, shape, strides);
}
