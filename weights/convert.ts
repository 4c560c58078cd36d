/** Any checkpoint as one safetensors file. */

import { type Checkpoint, type CheckpointTensor, countOf } from './checkpoint.js';
import { type DType, itemSize, readableDType, type TypedArray } from './dtype.js';
import type { FileDigest } from './node-file.js';
import { narrowed, type TensorToWrite, writeSafetensors } from './safetensors-writer.js';
import { toF32 } from './to-f32.js';

export interface ConvertOptions {
  /** Stores every tensor of floats so; integers stay what they are. Default: as they are. */
  dtype?: 'F32' | 'F16' | 'BF16';
  signal?: AbortSignal;
  /** Told the elements written, the elements in all, and the current tensor. */
  onProgress?: (done: number, all: number, name: string) => void;
}

const FLOATS: ReadonlySet<DType> = new Set<DType>(['F64', 'F32', 'F16', 'BF16']);

/**
 * Writes the tensors under their names, and the plain values as metadata, to a temporary file that is then renamed. No
 * tensor is in memory as a whole. When it fails, an older file of that name stays.
 * @throws {TensorTypeError} for a tensor whose type is only listed, before anything is written
 * @throws {NonFiniteError} for finite values that the smaller type cannot hold
 * @throws {SourceError} when the checkpoint cannot be read
 * @throws {WriteError} when the system does not let the file be written
 * @throws the signal's reason
 */
export async function convertCheckpoint(
  checkpoint: Checkpoint,
  path: string,
  options: ConvertOptions = {},
): Promise<FileDigest> {
  const all = [...checkpoint.tensors.values()].reduce((sum, { shape }) => sum + countOf(shape), 0);
  let done = 0;
  const tensorToWrite = ([name, tensor]: [string, CheckpointTensor]): TensorToWrite => {
    const { shape } = tensor;
    const dtype = readableDType(tensor, name, checkpoint.name);
    const target = FLOATS.has(dtype) ? (options.dtype ?? dtype) : dtype;
    return {
      name,
      dtype: target,
      shape,
      async *data(): AsyncGenerator<TypedArray> {
        for await (const piece of checkpoint.stream(name)) {
          options.signal?.throwIfAborted();
          yield target === dtype ? piece : narrowed(toF32(dtype, piece), target as 'F32' | 'F16' | 'BF16', name);
          done += piece.byteLength / itemSize(dtype);
          options.onProgress?.(done, all, name);
        }
      },
    };
  };
  const metadata = Object.fromEntries([...checkpoint.values].map(([name, value]) => [name, String(value)]));
  return writeSafetensors(path, [...checkpoint.tensors].map(tensorToWrite), { metadata, signal: options.signal });
}
