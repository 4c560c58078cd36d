/**
 * Clips kept on disk once their flow is extracted: one safetensors file a clip. A file is written under a temporary name
 * and renamed, so that it is whole or absent, and several processes may fill one cache.
 */

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  fileExists,
  HeaderError,
  LayoutError,
  openSafetensors,
  type SafetensorsFile,
  TensorTypeError,
  UnknownTensorError,
  withFile,
  writeSafetensors,
} from '../../../weights/index.js';
import { FLOW_SHAPE, type FlowClip, FlowExtractor } from '../../onset/index.js';

/** Changes whenever the files do. */
const VERSION = 2;

export interface CachedClip<Facts> {
  /** Anything that JSON holds. */
  facts: Facts;
  flow: FlowClip;
  sound: Int16Array<ArrayBuffer>;
}

/** The file of a clip, named by a hash of `facts`: everything that its flow and sound depend on, in order. */
export function cachePath(folder: string, ...facts: unknown[]): string {
  const contents = JSON.stringify([VERSION, FlowExtractor.version, ...facts]);
  return join(folder, `${createHash('sha256').update(contents).digest('hex').slice(0, 24)}.safetensors`);
}

/** @throws {WriteError} when the disk refuses */
export async function writeCachedClip<Facts>(path: string, { facts, flow, sound }: CachedClip<Facts>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const count = flow.midTimes.length;
  await writeSafetensors(
    path,
    [
      { name: 'flow.grid', dtype: 'F32', shape: [count, ...FLOW_SHAPE], data: flow.grid },
      { name: 'flow.mid-times', dtype: 'F64', shape: [count], data: flow.midTimes },
      { name: 'sound', dtype: 'I16', shape: [sound.length], data: sound },
    ],
    { metadata: { facts: JSON.stringify(facts) } },
  );
}

/**
 * The clip of that path; undefined where there is none, or where the file is damaged and is to be made again.
 *
 * @throws {SourceError} when the file may not be read
 */
export function readCachedClip<Facts>(path: string): Promise<CachedClip<Facts> | undefined> {
  return readCacheFile(path, async (file) => ({
    facts: JSON.parse(file.metadata.facts ?? '') as Facts,
    flow: {
      grid: (await file.read('flow.grid')) as Float32Array<ArrayBuffer>,
      midTimes: (await file.read('flow.mid-times')) as Float64Array<ArrayBuffer>,
    },
    sound: (await file.read('sound')) as Int16Array<ArrayBuffer>,
  }));
}

/**
 * What `read` makes of a cache file; undefined where there is none, or where it is damaged and is to be made again.
 *
 * @throws {SourceError} when the file may not be read
 */
export async function readCacheFile<T>(
  path: string,
  read: (file: SafetensorsFile) => Promise<T>,
): Promise<T | undefined> {
  if (!(await fileExists(path))) return undefined;
  try {
    return await withFile(path, async (source) => read(await openSafetensors(source)));
  } catch (error) {
    if (DAMAGED.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

/** Errors of a file that is not what was written. */
const DAMAGED = [HeaderError, LayoutError, TensorTypeError, UnknownTensorError, SyntaxError];
