/** From views of storages to tensors that can be read from a file. */

import type { CheckpointReader, CheckpointTensor } from '../checkpoint.js';
import { bitsOf, isDType } from '../dtype.js';
import { PickleError } from '../errors.js';
import type { ByteSource } from '../source.js';
import { type FileView, ViewReader } from '../view.js';
import type { TorchStorage, TorchTensor } from './values.js';

/**
 * The tensors as views of the file. `offsetOf` gives the byte at which a storage's elements begin; it is called once a
 * storage.
 * @throws {PickleError} when two tensors state different types or sizes of one storage
 * @throws what `offsetOf` throws
 */
export async function tensorsOf(
  tensors: ReadonlyMap<string, TorchTensor>,
  source: ByteSource,
  offsetOf: (storage: TorchStorage) => Promise<number>,
): Promise<Pick<CheckpointReader, 'tensors' | 'readPart'>> {
  const storages = new Map<string, { storage: TorchStorage; begin: number }>();
  const listed = new Map<string, CheckpointTensor>();
  const views = new Map<string, FileView>();
  for (const [name, { storage, dtype, offset, shape, strides }] of tensors) {
    let known = storages.get(storage.key);
    if (!known) {
      known = { storage, begin: await offsetOf(storage) };
      storages.set(storage.key, known);
    }
    if (known.storage.dtype !== storage.dtype || known.storage.size !== storage.size) {
      throw new PickleError('two tensors state different types or sizes of one storage', {
        file: source.name,
        tensor: name,
        expected: `${known.storage.size} of ${known.storage.dtype}`,
        found: `${storage.size} of ${storage.dtype}`,
        remedy: 'the file is damaged or hostile',
      });
    }
    listed.set(name, { dtype, shape });
    if (isDType(dtype)) views.set(name, { dtype, shape, strides, begin: known.begin + (offset * bitsOf(dtype)) / 8 });
  }
  const reader = new ViewReader(source);
  return {
    tensors: listed,
    readPart: (name, first, count) => reader.read(views.get(name)!, first, count, name),
  };
}
