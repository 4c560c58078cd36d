/** One pull at a time in a folder of the cache: a file that names the process at work there. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cannotWrite } from '../node-file.js';
import { BusyError } from './errors.js';

const LOCK_NAME = 'pull.lock';

/**
 * Runs `body` while the folder, which must exist, is locked. A lock whose process has ended without taking it away is
 * broken. Throws BusyError where a process that runs holds it, or what `body` throws.
 */
export async function withLock<T>(folder: string, body: () => Promise<T>): Promise<T> {
  const path = join(folder, LOCK_NAME);
  if (!(await take(path))) {
    const holder = await holderOf(path);
    if (holder !== undefined && isRunning(holder)) throw busy(path, holder);
    await rm(path, { force: true });
    if (!(await take(path))) throw busy(path, await holderOf(path));
  }
  try {
    return await body();
  } finally {
    await rm(path, { force: true });
  }
}

/** Makes the lock; false where there is one. */
async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cannotWrite(path, cause);
  }
}

/** The process that a lock names; undefined where it is gone again or names none. */
async function holderOf(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^\d{1,10}\n$/.test(text) ? Number(text) : undefined;
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // Another user's process is not ours to signal, but it runs.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function busy(path: string, holder: number | undefined): BusyError {
  return new BusyError('another pull is at work in this folder', {
    file: path,
    ...(holder !== undefined && { found: `process ${holder}` }),
    remedy: 'wait for it, or end it and run this again: it goes on where that one stopped',
  });
}
