/** Opens a checkpoint of any known format, told by its first bytes and not by its name. */

import type { Checkpoint } from './checkpoint.js';
import { openFile, openSibling } from './node-file.js';
import { checkpointOfSafetensors, openSafetensors } from './safetensors.js';
import { type OpenSibling, openShards } from './shards.js';
import type { ByteSource } from './source.js';
import { openTorchLegacy } from './torch/torch-legacy.js';
import { openTorchZip } from './torch/torch-zip.js';

/**
 * Opens a file: safetensors, the index of a safetensors checkpoint in several files, or PyTorch's in either layout. Only
 * its directory is read, whatever its size; nothing in it is executed. `close()` it after use.
 * @throws {SourceError} when it cannot be read
 * @throws {HeaderError} when it is no checkpoint, or its header is damaged
 * @throws {TensorTypeError} when an element type is unknown
 * @throws {LayoutError} when the tensors do not fit the file
 * @throws {ArchiveError} when its zip archive is damaged or hostile
 * @throws {PickleError} when its pickle is damaged or holds more than tensors and plain values
 * @throws {ForbiddenGlobalError} when its pickle names another Python object than those of tensors
 * @throws {ShardIndexError} when its index is not valid, or the files of the index have other tensors
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const source = await openFile(path);
  try {
    const checkpoint = await readCheckpoint(source, (name) => openSibling(path, name));
    return {
      ...checkpoint,
      close: async () => {
        await checkpoint.close();
        await source.close();
      },
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** `openCheckpoint` for bytes from anywhere; they stay the caller's to close. `sibling` opens the files of an index. */
export async function readCheckpoint(source: ByteSource, sibling?: OpenSibling): Promise<Checkpoint> {
  const start = await source.read(0, Math.min(source.size, 16));
  if (looksLikeSafetensors(start, source.size)) {
    return checkpointOfSafetensors(await openSafetensors(source), async () => {});
  }
  // A zip begins with an entry, or with its end where it has none.
  const [first = 0, second = 0, third = 0, fourth = 0] = start;
  if (first === 0x50 && second === 0x4b && third <= 8 && fourth <= 8) return openTorchZip(source);
  if (first === 0x80 && second <= 5) return openTorchLegacy(source);
  if (first === 0x7b) return openShards(source, sibling);
  // Not safetensors either, and its reader can say best what it is.
  return checkpointOfSafetensors(await openSafetensors(source), async () => {});
}

/** A brace behind a length that fits the file; the first bytes of the length may be those of any other format. */
function looksLikeSafetensors(start: Uint8Array<ArrayBuffer>, size: number): boolean {
  if (start.length < 10 || start[8] !== 0x7b) return false;
  return new DataView(start.buffer).getBigUint64(0, true) <= BigInt(size - 8);
}
