/**
 * PyTorch's checkpoints as `torch.save` has written them since 1.6: a zip archive with `NAME/data.pkl`, the pickled object,
 * and `NAME/data/KEY`, the raw elements of each storage
 * (https://github.com/pytorch/pytorch/blob/main/torch/serialization.py).
 */

import { type Checkpoint, checkpointOf } from '../checkpoint.js';
import { ArchiveError, PickleError, quoted } from '../errors.js';
import type { ByteSource } from '../source.js';
import { openZip, type ZipArchive } from '../zip.js';
import { flatten } from './flatten.js';
import { LIMITS, unpickle } from './pickle.js';
import { tensorsOf } from './tensors.js';
import type { TorchStorage } from './values.js';

const PICKLE = '/data.pkl';
/** What `NAME/byteorder` says, at most. */
const LONGEST_BYTE_ORDER = 16;

/**
 * Opens a checkpoint; nothing in it is executed, and only its directory and its pickle are read.
 * @throws {ArchiveError} when the archive is damaged, hostile, or no PyTorch checkpoint
 * @throws {PickleError} when the pickle is damaged or holds more than tensors and plain values
 * @throws {ForbiddenGlobalError} when the pickle names another Python object than those of tensors
 * @throws {LayoutError} when a tensor does not fit its storage
 * @throws {SourceError} when the bytes cannot be read
 */
export async function openTorchZip(source: ByteSource): Promise<Checkpoint> {
  const file = source.name;
  const archive = await openZip(source);
  const root = rootOf(archive, file);
  await requireLittleEndian(archive, root, file);
  const pickle = archive.entries.get(root + PICKLE)!;
  if (pickle.size > LIMITS.bytes) {
    const [expected, found] = [`at most ${LIMITS.bytes} bytes`, `${pickle.size}`];
    throw new PickleError('the pickle is longer than that of any checkpoint', { file, expected, found });
  }
  const bytes = await archive.read(pickle);
  const { value, end } = unpickle(bytes, 0, file);
  if (end !== bytes.length)
    throw new PickleError('there are bytes behind the pickle', { file, found: `${bytes.length - end}` });
  const { tensors, values } = flatten(value, file);
  const offsetOf = (storage: TorchStorage): Promise<number> => storageOffset(archive, root, storage, file);
  return checkpointOf({
    name: file,
    format: 'PyTorch zip',
    values,
    ...(await tensorsOf(tensors, source, offsetOf)),
    close: async () => {},
  });
}

/** The folder of the archive that holds everything. */
function rootOf({ entries }: ZipArchive, file: string): string {
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle !== undefined && pickles.length === 1) return pickle.slice(0, -PICKLE.length);
  throw new ArchiveError('this zip archive is not a PyTorch checkpoint', {
    file,
    expected: 'one entry NAME/data.pkl',
    found: pickles.length === 0 ? `${entries.size} entries, none of that name` : `${pickles.length} of them`,
    remedy: 'unpack it, if the checkpoint is inside',
  });
}

async function requireLittleEndian(archive: ZipArchive, root: string, file: string): Promise<void> {
  const entry = archive.entries.get(`${root}/byteorder`);
  if (!entry) return;
  const order = entry.size > LONGEST_BYTE_ORDER ? '?' : new TextDecoder().decode(await archive.read(entry));
  if (order === 'little') return;
  throw new ArchiveError('the checkpoint has another order of bytes', {
    file,
    expected: 'little',
    found: quoted(order),
  });
}

async function storageOffset(archive: ZipArchive, root: string, storage: TorchStorage, file: string): Promise<number> {
  const name = `${root}/data/${storage.key}`;
  const entry = archive.entries.get(name);
  if (!entry) throw new ArchiveError(`the archive lacks ${quoted(name)}, which holds tensors`, { file });
  if (!entry.stored) {
    throw new ArchiveError(`entry ${quoted(name)} of the zip archive is compressed`, {
      file,
      expected: 'stored entries, as torch.save writes them',
      remedy: 'pack the archive again without compression (zip -0)',
    });
  }
  if (entry.size === storage.bytes) return archive.dataOffset(entry);
  throw new ArchiveError(`entry ${quoted(name)} is not as long as its storage`, {
    file,
    expected: `${storage.bytes} bytes (${storage.size} of ${storage.dtype})`,
    found: `${entry.size}`,
    remedy: 'the file is damaged; fetch it again',
  });
}
