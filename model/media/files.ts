/** Checks of input files, and outputs that appear whole or not at all. */

import { access, constants, stat } from 'node:fs/promises';
import { replaceFile } from '../../engine/platform/replace-file.js';
import { type SystemFaultKind, systemCodeOf, systemFaultOf } from '../../engine/platform/system-error.js';
import { EmptyMediaError, FileError, OutputError } from './errors.js';

/**
 * Checks that a path leads to a file that can be read and has bytes.
 * @throws {FileError} when it is missing, no regular file, or may not be read
 * @throws {EmptyMediaError} when the file has 0 bytes
 */
export async function checkInputFile(path: string): Promise<void> {
  let info: Awaited<ReturnType<typeof stat>>;
  try {
    info = await stat(path);
    await access(path, constants.R_OK);
  } catch (error) {
    const { kind } = systemFaultOf(error) ?? {};
    if (kind === 'missing') throw new FileError(`${path}: no such file; check the path`);
    if (kind === 'denied') throw new FileError(`${path}: not allowed to read it`);
    throw new FileError(`${path}: cannot be opened (${systemCodeOf(error) ?? (error as Error).message})`);
  }
  if (info.isDirectory()) throw new FileError(`${path}: a folder, not a file; name the file in it`);
  if (!info.isFile()) throw new FileError(`${path}: not a regular file`);
  if (info.size === 0) throw new EmptyMediaError(`${path}: the file is empty (0 bytes)`);
}

/**
 * Lets `write` fill a temporary file and then gives it the output's name. When `write` throws, or the process exits in the
 * middle, nothing is left.
 * @throws {OutputError} when the system does not let it be written; else what `write` throws
 */
export async function writeWhole(output: string, write: (temporary: string) => Promise<void>): Promise<void> {
  await replaceFile(output, write).catch((error) => {
    throw outputError(output, systemFaultOf(error)?.kind) ?? error;
  });
}

const OUTPUT_FAULTS: Partial<Record<SystemFaultKind, string>> = {
  full: 'the disk is full; free some space or choose another folder with -o',
  denied: 'not allowed to write there; choose another folder with -o',
  'read-only': 'not allowed to write there; choose another folder with -o',
  missing: 'its folder does not exist; make it first',
  directory: 'a folder has this name; choose another output with -o',
};

/** The error for an output that the system does not let us write; undefined for a fault that has no words here. */
export function outputError(output: string, fault: SystemFaultKind | undefined): OutputError | undefined {
  const words = fault && OUTPUT_FAULTS[fault];
  return words === undefined ? undefined : new OutputError(`${output}: ${words}`);
}
