/** The folder of a target in the cache, the record of its checked files, and whether it is complete. */

import { join } from 'node:path';
import { z } from 'zod';
import { readTextFile, replaceFile } from '../node-file.js';
import { fileSize, modelCacheFolder } from './disk.js';
import { NotPulledError } from './errors.js';
import type { PullTarget } from './target.js';
import { TARGET_NAMES, targetNamed } from './targets.js';

const RECORD_NAME = 'pulled.json';

/** What was pulled and checked: name → size and sha256. `null`: an optional file that the source does not have. */
export type PullRecord = Record<string, { bytes: number; sha256: string } | null>;

const schema: z.ZodType<PullRecord> = z.record(
  z.string(),
  z.strictObject({ bytes: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).nullable(),
);

/**
 * The folder in the cache with all files of a target, by name and size.
 * @param name Such as `vta-ldm`.
 * @param cache The folder that has a folder for each target.
 * @throws {NotPulledError} when there is no such target, or files are missing; the message has the command to fetch them
 */
export function pulledFolder(name: string, cache: string = modelCacheFolder()): string {
  const target = targetNamed(name);
  if (!target) throw new NotPulledError(`${name} cannot be pulled`, { expected: TARGET_NAMES.join(', '), found: name });
  return requireComplete(target, cache);
}

/**
 * As `pulledFolder`, for a target.
 * @throws {NotPulledError} when files are missing
 */
export function requireComplete(target: PullTarget, cache: string): string {
  const folder = targetFolder(target, cache);
  const missing = target.files.filter(({ name, bytes, optional }) => {
    const size = fileSize(join(folder, name));
    return !optional && (size === undefined || (bytes !== undefined && size !== bytes));
  });
  if (missing.length === 0) return folder;
  throw new NotPulledError(`the weights of ${target.name} are not complete in the cache`, {
    file: folder,
    expected: missing
      .map(({ name, bytes }) => (bytes === undefined ? name : `${name} of ${bytes} bytes`))
      .join(' and '),
    remedy: `fetch them with: node engine pull ${target.name}`,
  });
}

export function targetFolder(target: PullTarget, cache: string): string {
  return join(cache, target.name);
}

/** The record of a folder; empty where there is none that is valid, and then the files are checked again. */
export async function readRecord(folder: string): Promise<PullRecord> {
  try {
    return schema.parse(JSON.parse((await readTextFile(join(folder, RECORD_NAME))) ?? '{}'));
  } catch {
    return {};
  }
}

export async function writeRecord(folder: string, record: PullRecord): Promise<void> {
  await replaceFile(join(folder, RECORD_NAME), [new TextEncoder().encode(JSON.stringify(record, null, 2) + '\n')]);
}
