/** Which files of a folder hold which parts of a model, and under which names; a table for each published model. */

import { type Checkpoint, checkpointOf, countOf } from './checkpoint.js';
import { quoted, WeightsError } from './errors.js';
import { fileExists, joinPath } from './node-file.js';
import { openCheckpoint } from './open-checkpoint.js';
import type { Scalar } from './torch/values.js';

/** A file that may hold a part, and the names of its tensors there. */
export interface CheckpointLocation {
  /** File name without its ending, which may be that of any format. */
  file: string;
  /** What the names of this file begin with; taken off. */
  prefix: string;
}

export interface CheckpointPart {
  /** The first of these files that exists is used. */
  locations: readonly CheckpointLocation[];
  /** The part's tensors have names that begin so, after the location's prefix. */
  names: readonly string[];
  /** Tensors whose names end so are left out. */
  ignored: readonly string[];
}

export interface CheckpointMap {
  model: string;
  parts: Readonly<Record<string, CheckpointPart>>;
  /** Plain values: their names in the files that may hold them (as values or tensors of one element), else the default. */
  values: Readonly<Record<string, { locations: readonly { file: string; name: string }[]; default: number }>>;
}

/** Files that a model needs are not in its folder. */
export class MissingPartsError extends WeightsError {
  override name = 'MissingPartsError';
  readonly parts: readonly string[];

  constructor(folder: string, model: string, missing: readonly { part: string; files: readonly string[] }[]) {
    super(`the folder lacks ${missing.length} of the parts of ${model}`, {
      file: folder,
      expected: missing.map(({ part, files }) => `${part} in ${files.join(' or ')}`).join(', '),
      remedy: 'put the published files there under their own names',
    });
    this.parts = missing.map(({ part }) => part);
  }
}

export interface ModelParts {
  /** By the parts' names: the tensors under the names the model knows them by. */
  readonly parts: ReadonlyMap<string, Checkpoint>;
  readonly values: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const ENDINGS = ['.safetensors', '.safetensors.index.json', '.bin', '.pt', '.pth', '.ckpt'];

/**
 * Opens the files of a model's folder, by default for all parts.
 * @throws {MissingPartsError} with every part that is not there
 * @throws the errors of `openCheckpoint`
 */
export async function openModelFolder(
  folder: string,
  map: CheckpointMap,
  wanted: readonly string[] = Object.keys(map.parts),
): Promise<ModelParts> {
  const opened = new Map<string, Checkpoint>();
  const close = async (): Promise<void> => {
    for (const checkpoint of opened.values()) await checkpoint.close();
    opened.clear();
  };
  /** The file of that name, opened once. */
  const open = async (stem: string): Promise<Checkpoint | undefined> => {
    const path = await find(folder, stem);
    if (path === undefined) return undefined;
    const checkpoint = opened.get(path) ?? (await openCheckpoint(path));
    opened.set(path, checkpoint);
    return checkpoint;
  };
  try {
    const parts = new Map<string, Checkpoint>();
    const missing: { part: string; files: string[] }[] = [];
    for (const part of wanted) {
      const { locations, ...selection } = partOf(map, part);
      for (const { file, prefix } of locations) {
        const checkpoint = await open(file);
        if (checkpoint === undefined) continue;
        parts.set(part, selectTensors(checkpoint, { prefix, ...selection }));
        break;
      }
      if (!parts.has(part)) missing.push({ part, files: locations.map(({ file }) => `${file}.*`) });
    }
    if (missing.length > 0) throw new MissingPartsError(folder, map.model, missing);
    const values = new Map<string, number>();
    for (const [name, { locations, default: otherwise }] of Object.entries(map.values)) {
      let value: number | undefined;
      for (const { file, name: key } of locations) value ??= await numberIn(await open(file), key);
      values.set(name, value ?? otherwise);
    }
    return { parts, values, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The tensors of a checkpoint whose names begin with `prefix` and then one of `names`, without the prefix. */
export function selectTensors(
  checkpoint: Checkpoint,
  { prefix, names, ignored }: { prefix: string; names: readonly string[]; ignored: readonly string[] },
): Checkpoint {
  const selected = [...checkpoint.tensors].flatMap(([full, tensor]) => {
    const name = full.slice(prefix.length);
    const isSelected =
      full.startsWith(prefix) &&
      names.some((start) => name.startsWith(start)) &&
      !ignored.some((end) => name.endsWith(end));
    return isSelected ? [[name, tensor] as const] : [];
  });
  return checkpointOf({
    name: checkpoint.name,
    format: checkpoint.format,
    tensors: new Map(selected),
    values: checkpoint.values,
    readPart: (name, first, count) => checkpoint.readPart(prefix + name, first, count),
    close: async () => {},
  });
}

function partOf(map: CheckpointMap, part: string): CheckpointPart {
  if (Object.hasOwn(map.parts, part)) return map.parts[part]!;
  throw new WeightsError(`${map.model} has no part ${quoted(part)}`, { expected: Object.keys(map.parts).join(', ') });
}

async function find(folder: string, stem: string): Promise<string | undefined> {
  for (const ending of ENDINGS) {
    const path = await joinPath(folder, stem + ending);
    if (await fileExists(path)) return path;
  }
  return undefined;
}

/** A value of that name, or the only element of a tensor of that name. */
async function numberIn(checkpoint: Checkpoint | undefined, name: string): Promise<number | undefined> {
  const tensor = checkpoint?.tensors.get(name);
  const value: Scalar | undefined =
    tensor && countOf(tensor.shape) === 1 ? (await checkpoint!.readAsF32(name))[0] : checkpoint?.values.get(name);
  const number = typeof value === 'string' ? Number.parseFloat(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
