/**
 * The disk, for pulling: Node only. It stands apart from node-file.ts, which loads Node's modules when first needed,
 * because the cache is also looked into without waiting; nothing of this folder is part of the room's index.
 */

import { constants, statSync } from 'node:fs';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { renameDurably } from '../../engine/platform/replace-file.js';
import { systemFaultOf } from '../../engine/platform/system-error.js';
import { cannotWrite } from '../node-file.js';
import { DiskFullError } from './errors.js';

/** The folder of the user's cache that has a folder for each target. */
export function cacheOfModels(): string {
  return join(envPaths('onset', { suffix: '' }).cache, 'models');
}

/** Bytes of a regular file; undefined where there is none. */
export function sizeOf(path: string): number | undefined {
  const kind = statSync(path, { throwIfNoEntry: false });
  return kind?.isFile() ? kind.size : undefined;
}

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause) => {
    throw cannotWrite(path, cause);
  });
}

/** Throws DiskFullError where the disk of `folder` says that it has less room than `bytes`. */
export async function requireRoom(folder: string, bytes: number): Promise<void> {
  const disk = await statfs(folder).catch(() => undefined);
  const free = disk && disk.bavail * disk.bsize;
  if (free === undefined || free >= bytes) return;
  throw new DiskFullError('the disk has too little room', {
    file: folder,
    expected: `${bytes} bytes free`,
    found: `${free}`,
    remedy: 'make room, or put the cache on another disk (XDG_CACHE_HOME on Linux)',
  });
}

/** A file that grows until it is whole. */
export interface PartFile {
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Back to nothing. */
  empty(): Promise<void>;
  /** Everything is on the disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens or makes the file. Writing throws DiskFullError or WriteError; what was written before stays. */
export async function openPart(path: string): Promise<PartFile> {
  const failed = (cause: unknown): never => {
    if (systemFaultOf(cause)?.kind !== 'full') throw cannotWrite(path, cause);
    throw new DiskFullError('the disk is full', {
      file: path,
      remedy: 'make room and run it again: it goes on where it stopped',
      cause,
    });
  };
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT).catch(failed);
  return {
    async write(bytes, position) {
      for (let done = 0; done < bytes.byteLength; ) {
        done += (await handle.write(bytes, done, bytes.byteLength - done, position + done).catch(failed)).bytesWritten;
      }
    },
    async empty() {
      if ((await handle.stat()).size > 0) await handle.truncate(0).catch(failed);
    },
    async flush() {
      await handle.sync().catch(failed);
    },
    close: () => handle.close(),
  };
}

/** Gives a whole file its final name. */
export async function nameFinally(part: string, path: string): Promise<void> {
  await renameDurably(part, path).catch((cause) => {
    throw cannotWrite(path, cause);
  });
}

export async function discard(path: string): Promise<void> {
  await rm(path, { force: true });
}
