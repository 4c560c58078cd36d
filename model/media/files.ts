/** Checks of input files, and outputs that appear whole or not at all. */

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, constants, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmptyMediaError, FileError, MediaError, OutputError } from './errors.js';

/** Refuses a path that is missing, no regular file, unreadable or empty. */
export async function checkInputFile(path: string): Promise<void> {
  let info: Awaited<ReturnType<typeof stat>>;
  try {
    info = await stat(path);
    await access(path, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new FileError(`${path}: no such file; check the path`);
    if (code === 'EACCES' || code === 'EPERM') throw new FileError(`${path}: not allowed to read it`);
    throw new FileError(`${path}: cannot be opened (${code ?? (error as Error).message})`);
  }
  if (info.isDirectory()) throw new FileError(`${path}: a folder, not a file; name the file in it`);
  if (!info.isFile()) throw new FileError(`${path}: not a regular file`);
  if (info.size === 0) throw new EmptyMediaError(`${path}: the file is empty (0 bytes)`);
}

/** A name for a half-written output, in the output's own folder so that the rename cannot cross file systems. */
export function temporaryName(output: string): string {
  return join(dirname(output), `.${basename(output)}.${randomBytes(4).toString('hex')}.tmp`);
}

/**
 * Lets `write` fill a temporary file and then gives it the output's name. When `write` throws, or the process exits in the
 * middle, nothing is left.
 */
export async function writeWhole(output: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryName(output);
  const removeNow = (): void => rmSync(temporary, { force: true });
  process.once('exit', removeNow);
  try {
    await write(temporary);
    await rename(temporary, output);
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeErrorOf(error, output);
  } finally {
    process.removeListener('exit', removeNow);
  }
}

function writeErrorOf(error: unknown, output: string): unknown {
  if (error instanceof MediaError || !(error instanceof Error)) return error;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
      return new OutputError(`${output}: the disk is full; free some space or choose another folder with -o`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new OutputError(`${output}: not allowed to write there; choose another folder with -o`);
    case 'ENOENT':
    case 'ENOTDIR':
      return new OutputError(`${output}: its folder does not exist; make it first`);
    case 'EISDIR':
      return new OutputError(`${output}: a folder has this name; choose another output with -o`);
    default:
      return error;
  }
}
