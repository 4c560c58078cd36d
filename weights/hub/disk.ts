/**
 * The disk, for pulling: Node only. Unlike node-file.ts it imports Node's modules statically, because the cache is also
 * read synchronously; nothing of this folder is part of the room's index.
 */

import { constants, statSync } from 'node:fs';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { renameDurably } from '../../engine/platform/replace-file.js';
import { systemFaultOf } from '../../engine/platform/system-error.js';
import { userCache } from '../../engine/platform/user-cache.js';
import { cannotWrite } from '../node-file.js';
import { DiskFullError } from './errors.js';

/** The folder of the user's cache that has a folder for each target. */
export function modelCacheFolder(): string {
  return userCache('models');
}

/** Bytes of a regular file; undefined where there is none. */
export function fileSize(path: string): number | undefined {
  const kind = statSync(path, { throwIfNoEntry: false });
  return kind?.isFile() ? kind.size : undefined;
}

/** @throws {WriteError} when the system refuses */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause) => {
    throw cannotWrite(path, cause);
  });
}

/**
 * @throws {DiskFullError} when the disk of `folder` has less than `bytes` free; nothing where it does not say
 */
export async function requireDiskSpace(folder: string, bytes: number): Promise<void> {
  const disk = await statfs(folder).catch(() => undefined);
  const free = disk && disk.bavail * disk.bsize;
  if (free === undefined || free >= bytes) return;
  throw new DiskFullError('the disk has too little space', {
    file: folder,
    expected: `${bytes} bytes free`,
    found: `${free}`,
    remedy: 'make room, or put the cache on another disk (XDG_CACHE_HOME on Linux)',
  });
}

/** A file that grows until it is complete. */
export interface PartFile {
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Sets its length to 0. */
  truncate(): Promise<void>;
  /** Waits until everything is on the disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens or creates the file; what was written before stays.
 * @throws {DiskFullError} here and in writing, when the disk is full
 * @throws {WriteError} here and in writing, when the system refuses for another reason
 */
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
    async truncate() {
      if ((await handle.stat()).size > 0) await handle.truncate(0).catch(failed);
    },
    async flush() {
      await handle.sync().catch(failed);
    },
    close: () => handle.close(),
  };
}

/**
 * Gives a complete file its final name.
 * @throws {WriteError} when the system refuses
 */
export async function moveIntoPlace(part: string, path: string): Promise<void> {
  await renameDurably(part, path).catch((cause) => {
    throw cannotWrite(path, cause);
  });
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
