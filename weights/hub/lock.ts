/** One pull at a time in a folder of the cache: a lock file with the id of the process that holds it. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from '../../engine/platform/running.js';
import { systemCodeOf } from '../../engine/platform/system-error.js';
import { cannotWrite } from '../node-file.js';
import { LockedError } from './errors.js';

const LOCK_NAME = 'pull.lock';

/**
 * Runs `body` while the folder, which must exist, is locked. A stale lock, whose process has ended, is replaced at once.
 * @throws {LockedError} when a running process holds the lock
 * @throws {WriteError} when the lock file cannot be written
 * @throws what `body` throws
 */
export async function withLock<T>(folder: string, body: () => Promise<T>): Promise<T> {
  const path = join(folder, LOCK_NAME);
  if (!(await acquire(path))) {
    const holder = await holderOf(path);
    if (holder !== undefined && isRunning(holder)) throw locked(path, holder);
    await rm(path, { force: true });
    if (!(await acquire(path))) throw locked(path, await holderOf(path));
  }
  try {
    return await body();
  } finally {
    await rm(path, { force: true });
  }
}

/** Creates the lock file; false where there is one. */
async function acquire(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (cause) {
    if (systemCodeOf(cause) === 'EEXIST') return false;
    throw cannotWrite(path, cause);
  }
}

/** The process id in the lock file; undefined where the file is gone again or has none. */
async function holderOf(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^\d{1,10}\n$/.test(text) ? Number(text) : undefined;
}

function locked(path: string, holder: number | undefined): LockedError {
  return new LockedError('another pull runs in this folder', {
    file: path,
    ...(holder !== undefined && { found: `process ${holder}` }),
    remedy: 'wait for it, or end it and run this again: it goes on where that one stopped',
  });
}
