/** Files that appear whole or not at all. */

import { nodeCrypto, nodeFiles, nodeFilesSync, nodePaths, nodeSystem } from './node-modules.js';
import { isRunning } from './running.js';
import { systemCodeOf } from './system-error.js';

/**
 * Lets `write` make a temporary file beside `path`, flushes it to the disk, and renames it: a reader finds the old file or
 * the new one, never half of one, even after a power cut. When `write` throws, or the process exits in the middle, the
 * temporary file is removed and the old file stays.
 * @throws what `write` throws, or the system's own error
 */
export async function replaceFile(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const { rmSync } = await nodeFilesSync();
  const { rm } = await nodeFiles();
  const temporary = await temporaryName(path);
  await sweep(temporary);
  const removeNow = (): void => rmSync(temporary, { force: true });
  process.once('exit', removeNow);
  try {
    await write(temporary);
    await flush(temporary);
    await renameDurably(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  } finally {
    process.removeListener('exit', removeNow);
  }
}

/**
 * Makes the temporary file of `replaceFile`, and removes it: whether that can be done is not told by rights, which root passes
 * also where a file system is read-only.
 * @throws the system's own error
 */
export async function checkReplaceable(path: string): Promise<void> {
  const { open, rm } = await nodeFiles();
  const temporary = await temporaryName(path);
  await (await open(temporary, 'wx')).close();
  await rm(temporary);
}

/** Renames a file whose content is on the disk, and flushes its folder: only then is the new name on the disk too. */
export async function renameDurably(from: string, to: string): Promise<void> {
  const { open, rename } = await nodeFiles();
  const { dirname } = await nodePaths();
  await rename(from, to);
  // Not every system can flush a folder.
  const folder = await open(dirname(to), 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/**
 * In the folder of `path`, so that the rename cannot cross file systems; hidden, so that nobody takes it for a result; short,
 * since the result's own name may be as long as names can be. It tells host and process.
 */
async function temporaryName(path: string): Promise<string> {
  const { dirname, join } = await nodePaths();
  const { randomUUID } = await nodeCrypto();
  return join(dirname(path), `${await ownPrefix()}${process.pid}-${randomUUID().slice(0, 8)}.tmp`);
}

async function ownPrefix(): Promise<string> {
  const { createHash } = await nodeCrypto();
  const { hostname } = await nodeSystem();
  return `.onset-${createHash('sha256').update(hostname()).digest('hex').slice(0, 6)}-`;
}

/** Removes what processes of this host that were killed have left beside a new temporary file. */
async function sweep(temporary: string): Promise<void> {
  const { readdir, rm } = await nodeFiles();
  const { dirname, join } = await nodePaths();
  const prefix = await ownPrefix();
  const folder = dirname(temporary);
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = name.startsWith(prefix) && /^(\d+)-[0-9a-f]{8}\.tmp$/.exec(name.slice(prefix.length))?.[1];
    if (pid && !isRunning(Number(pid))) await rm(join(folder, name), { force: true }).catch(() => {});
  }
}

/** What file systems answer that know no flushing, as some on the network. */
const NO_FLUSH = ['EINVAL', 'ENOSYS', 'ENOTSUP'];

async function flush(path: string): Promise<void> {
  const { open } = await nodeFiles();
  const file = await open(path, 'r+');
  try {
    await file.sync().catch((cause) => {
      if (!NO_FLUSH.includes(systemCodeOf(cause) ?? '')) throw cause;
    });
  } finally {
    await file.close();
  }
}
