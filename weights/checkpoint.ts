/** One way to read a checkpoint, whatever file it is in. */

import { itemSize, readableDType, type StoredDType, type TypedArray } from './dtype.js';
import { LayoutError, UnknownTensorError } from './errors.js';
import { closestNames } from './names.js';
import { toF32 } from './to-f32.js';
import type { Scalar } from './torch/values.js';

export type CheckpointFormat = 'safetensors' | 'safetensors in shards' | 'PyTorch zip' | 'PyTorch, older layout';

export interface CheckpointTensor {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
}

/** What a format provides; `checkpointOf` makes the rest. */
export interface CheckpointReader {
  /** The file, for messages. */
  readonly name: string;
  readonly format: CheckpointFormat;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** What else is in the file: plain values by dotted names, or a safetensors file's metadata. */
  readonly values: ReadonlyMap<string, Scalar>;
  /** `count` elements from `first`, row-major; both within a tensor of a readable type. The array is the caller's own. */
  readPart(name: string, first: number, count: number): Promise<TypedArray<ArrayBuffer>>;
  close(): Promise<void>;
}

/** Names are dotted paths within the file: `state_dict.encoder.weight`. */
export interface Checkpoint extends CheckpointReader {
  /**
   * The stored elements, row-major; F16 and BF16 as their bits.
   * @throws {UnknownTensorError} here and in all reading, for a name that is not there
   * @throws {TensorTypeError} here and in all reading, for elements of a type that is only listed
   * @throws {SourceError} here and in all reading, when the bytes cannot be read
   */
  read(name: string): Promise<TypedArray<ArrayBuffer>>;
  /** The elements as f32: exact from F16, BF16, BOOL and small integers, rounded to nearest from the wider types. */
  readAsF32(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** The elements in pieces of at most `chunkBytes` (default 8 MiB). */
  stream(name: string, chunkBytes?: number): AsyncGenerator<TypedArray<ArrayBuffer>>;
}

const CHUNK_BYTES = 8 * 2 ** 20;

export function checkpointOf(reader: CheckpointReader): Checkpoint {
  const { name: file, tensors } = reader;
  const tensorNamed = (name: string): CheckpointTensor => {
    const tensor = tensors.get(name);
    if (tensor) return tensor;
    throw new UnknownTensorError('there is no such tensor', {
      file,
      tensor: name,
      found: closestNames(name, [...tensors.keys()]).join(', ') || `${tensors.size} others`,
    });
  };
  const readPart = async (name: string, first: number, count: number): Promise<TypedArray<ArrayBuffer>> => {
    const tensor = tensorNamed(name);
    readableDType(tensor, name, file);
    const all = countOf(tensor.shape);
    if (
      !(Number.isSafeInteger(first) && Number.isSafeInteger(count) && first >= 0 && count >= 0 && first + count <= all)
    ) {
      const [expected, found] = [`a part of ${all} elements`, `${count} from ${first}`];
      throw new LayoutError('a part beyond the end was asked for', { file, tensor: name, expected, found });
    }
    return reader.readPart(name, first, count);
  };
  const read = async (name: string): Promise<TypedArray<ArrayBuffer>> =>
    readPart(name, 0, countOf(tensorNamed(name).shape));
  return {
    name: file,
    format: reader.format,
    tensors,
    values: reader.values,
    readPart,
    read,
    async readAsF32(name) {
      return toF32(readableDType(tensorNamed(name), name, file), await read(name));
    },
    async *stream(name, chunkBytes = CHUNK_BYTES) {
      const tensor = tensorNamed(name);
      const all = countOf(tensor.shape);
      const step = Math.max(1, Math.floor(chunkBytes / itemSize(readableDType(tensor, name, file))));
      for (let first = 0; first < all; first += step) yield readPart(name, first, Math.min(step, all - first));
    },
    close: () => reader.close(),
  };
}

/** Elements of a shape. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
