/**
 * Checkpoints in several safetensors files, listed by an index: `{"metadata": {…}, "weight_map": {tensor: file name}}`
 * (https://huggingface.co/docs/transformers/big_models).
 */

import { type Checkpoint, checkpointOf } from './checkpoint.js';
import { quoted, ShardIndexError, type WeightsErrorDetails } from './errors.js';
import { JsonScanner } from './json-scanner.js';
import { checkpointOfSafetensors, openSafetensors, type SafetensorsFile } from './safetensors.js';
import { faultOfName } from './safetensors-header.js';
import type { ByteSource } from './source.js';

/** Opens a file that stands beside another. */
export type OpenSibling = (name: string) => Promise<ByteSource & { close?(): Promise<void> }>;

const LONGEST_INDEX = 32 * 2 ** 20;
const MOST_SHARDS = 512;
const LONGEST_FILE_NAME = 255;

/**
 * Opens the index and every file it names, which `openSibling` finds. The tensors of the files must be exactly those of
 * the index.
 * @throws {ShardIndexError} when the index is not valid, or its files have other tensors
 * @throws the errors of `openSafetensors`, or what `openSibling` throws
 */
export async function openShards(source: ByteSource, openSibling: OpenSibling | undefined): Promise<Checkpoint> {
  const { name: file } = source;
  const map = await readIndex(source);
  if (!openSibling) {
    throw new ShardIndexError('the index names other files, which cannot be reached from here', { file });
  }
  const shards = new Map<string, SafetensorsFile>();
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0)) await closer();
  };
  try {
    for (const name of new Set(map.values())) {
      const sibling = await openSibling(name);
      closers.push(async () => sibling.close?.());
      shards.set(name, await openSafetensors(sibling));
    }
    requireAgreement(map, shards, file);
  } catch (error) {
    await close();
    throw error;
  }
  const whole = new Map([...shards].map(([name, shard]) => [name, checkpointOfSafetensors(shard, async () => {})]));
  return checkpointOf({
    name: file,
    format: 'safetensors in shards',
    tensors: new Map([...map].map(([tensor, shard]) => [tensor, shards.get(shard)!.tensors.get(tensor)!])),
    values: new Map([...whole.values()].flatMap(({ values }) => [...values])),
    readPart: (name, first, count) => whole.get(map.get(name)!)!.readPart(name, first, count),
    close,
  });
}

/** File names by tensor names. */
async function readIndex(source: ByteSource): Promise<Map<string, string>> {
  const { name: file } = source;
  const fail = (problem: string, details: WeightsErrorDetails = {}): ShardIndexError =>
    new ShardIndexError(problem, { remedy: 'the index is damaged; fetch it again', ...details, file });
  if (source.size > LONGEST_INDEX) {
    throw fail('the index is longer than any', { expected: `at most ${LONGEST_INDEX} bytes`, found: `${source.size}` });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size));
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw fail('the index is not UTF-8 text', { cause });
  }
  const map = new Map<string, string>();
  const json = new JsonScanner(text, 'index', fail);
  const seen = new Set<string>();
  json.object((field) => {
    if (seen.has(field)) throw json.error(`${quoted(field)} is there twice`);
    seen.add(field);
    if (field !== 'weight_map') {
      json.skip(quoted(field));
      return;
    }
    json.object((tensor) => {
      if (map.has(tensor)) throw json.error('the name is there twice', tensor);
      const fault = faultOfName(tensor);
      if (fault !== undefined) throw fail(fault, { tensor });
      const name = json.string('the name of a file', tensor);
      if (!isPlainFileName(name)) {
        throw fail('the index names a file that does not stand beside it', {
          tensor,
          expected: 'plain names that end in .safetensors',
          found: quoted(name),
          remedy: 'do not trust this file',
        });
      }
      map.set(tensor, name);
    });
  });
  json.end();
  if (!seen.has('weight_map'))
    throw fail('this JSON file is not the index of a checkpoint', { expected: 'a weight_map' });
  const files = new Set(map.values()).size;
  if (files > MOST_SHARDS)
    throw fail('the index names more files than any', { expected: `${MOST_SHARDS}`, found: `${files}` });
  return map;
}

function isPlainFileName(name: string): boolean {
  return name.length <= LONGEST_FILE_NAME && /^[^/\\:\p{Cc}]+\.safetensors$/u.test(name) && !name.startsWith('.');
}

function requireAgreement(
  map: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, SafetensorsFile>,
  file: string,
): void {
  for (const [tensor, name] of map) {
    if (shards.get(name)!.tensors.has(tensor)) continue;
    throw new ShardIndexError(`${name} lacks a tensor that the index places there`, { file, tensor });
  }
  for (const [name, { tensors }] of shards) {
    for (const tensor of tensors.keys()) {
      if (map.get(tensor) === name) continue;
      throw new ShardIndexError(`${name} has a tensor that the index does not place there`, { file, tensor });
    }
  }
}
