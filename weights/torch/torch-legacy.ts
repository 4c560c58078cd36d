/**
 * PyTorch's older layout, and that of `_use_new_zipfile_serialization=False`: five pickles, one behind the other (a magic
 * number, a version, facts of the writing machine, the object, the list of storages' keys), then for each key in that
 * order the count of elements as eight bytes and the raw elements
 * (https://github.com/pytorch/pytorch/blob/main/torch/serialization.py, `_legacy_save`).
 */

import { type Checkpoint, checkpointOf } from '../checkpoint.js';
import { HeaderError, LayoutError, PickleError, quoted } from '../errors.js';
import type { ByteSource } from '../source.js';
import { describe } from './describe.js';
import { flatten } from './flatten.js';
import { LIMITS, TruncatedPickleError, unpickle } from './pickle.js';
import { tensorsOf } from './tensors.js';
import { PickleDict, PickleList, type PickleValue, type TorchStorage, type TorchTensor } from './values.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
/** The pickles are small and the data behind them are not: so much is read at first, then more where it is not enough. */
const FIRST_READ = 2 ** 20;
const GROWTH = 4;

/**
 * Opens a checkpoint; nothing in it is executed.
 * @throws {HeaderError} when it is no file of this layout
 * @throws {PickleError} when a pickle is damaged or holds more than tensors and plain values
 * @throws {ForbiddenGlobalError} when a pickle names another Python object than those of tensors
 * @throws {LayoutError} when tensors, storages and file do not fit one another
 * @throws {SourceError} when the bytes cannot be read
 */
export async function openTorchLegacy(source: ByteSource): Promise<Checkpoint> {
  const file = source.name;
  const { object, keys, end } = await readPickles(source);
  const { tensors, values } = flatten(object, file);
  const offsets = await storageOffsets(source, end, keys, storagesOf(tensors));
  const offsetOf = async (storage: TorchStorage): Promise<number> => offsets.get(storage.key)!;
  return checkpointOf({
    name: file,
    format: 'PyTorch, older layout',
    values,
    ...(await tensorsOf(tensors, source, offsetOf)),
    close: async () => {},
  });
}

async function readPickles(source: ByteSource): Promise<{ object: PickleValue; keys: string[]; end: number }> {
  for (let length = FIRST_READ; ; length *= GROWTH) {
    const bytes = await source.read(0, Math.min(length, LIMITS.bytes, source.size));
    try {
      return parsePickles(bytes, source.name);
    } catch (error) {
      if (!(error instanceof TruncatedPickleError) || bytes.length === source.size) throw error;
      if (bytes.length < LIMITS.bytes) continue;
      const [expected, file] = [`at most ${LIMITS.bytes} bytes`, source.name];
      throw new PickleError('the pickles are longer than those of any checkpoint', { file, expected });
    }
  }
}

function parsePickles(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
): { object: PickleValue; keys: string[]; end: number } {
  let at = 0;
  const next = (): PickleValue => {
    const { value, end } = unpickle(bytes, at, file);
    at = end;
    return value;
  };
  const magic = next();
  if (magic !== MAGIC) {
    throw new HeaderError('this is a Python pickle, but not a PyTorch checkpoint', {
      file,
      expected: `the magic number ${MAGIC}`,
      found: describe(magic),
      remedy: 'store its tensors with torch.save or as safetensors',
    });
  }
  const version = next();
  if (version !== VERSION) {
    const [expected, found] = [`${VERSION}`, describe(version)];
    throw new HeaderError('this version of the older PyTorch layout is not known', { file, expected, found });
  }
  const facts = next();
  if (!(facts instanceof PickleDict) || facts.entries?.get('little_endian') !== true) {
    const [expected, found] = ['little_endian: True', describe(facts)];
    throw new HeaderError('the checkpoint has another order of bytes', { file, expected, found });
  }
  const object = next();
  const list = next();
  const keys = list instanceof PickleList ? list.items : undefined;
  if (!keys?.every((key) => typeof key === 'string')) {
    throw new PickleError('the keys of the storages are no list of strings', { file, found: describe(list) });
  }
  return { object, keys, end: at };
}

function storagesOf(tensors: ReadonlyMap<string, TorchTensor>): Map<string, TorchStorage> {
  return new Map([...tensors.values()].map(({ storage }) => [storage.key, storage]));
}

/** The byte at which each storage's elements begin, by key; the storages must fill the file to its end. */
async function storageOffsets(
  source: ByteSource,
  start: number,
  keys: readonly string[],
  storages: ReadonlyMap<string, TorchStorage>,
): Promise<Map<string, number>> {
  const { name: file } = source;
  const remedy = 'the file is damaged or cut short; fetch it again';
  const offsets = new Map<string, number>();
  let at = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage)
      throw new LayoutError('a storage belongs to no tensor', { file, found: `key ${quoted(key)}`, remedy });
    if (offsets.has(key))
      throw new LayoutError('a storage is there twice', { file, found: `key ${quoted(key)}`, remedy });
    const { bytes } = storage;
    if (!(at + 8 + bytes <= source.size)) {
      throw new LayoutError('a storage reaches beyond the end of the file', {
        file,
        expected: `${8 + bytes} bytes from ${at}`,
        found: `${Math.max(0, source.size - at)}`,
        remedy,
      });
    }
    const count = new DataView((await source.read(at, 8)).buffer).getBigUint64(0, true);
    if (count !== BigInt(storage.size)) {
      const [expected, found] = [`${storage.size} elements`, `${count}`];
      throw new LayoutError(`storage ${key} is not as long as its tensors say`, { file, expected, found, remedy });
    }
    offsets.set(key, at + 8);
    at += 8 + bytes;
  }
  const missing = [...storages.keys()].find((key) => !offsets.has(key));
  if (missing !== undefined)
    throw new LayoutError('the file lacks a storage', { file, expected: `key ${missing}`, remedy });
  if (at === source.size) return offsets;
  throw new LayoutError('there are bytes behind the last storage', { file, found: `${source.size - at}`, remedy });
}
