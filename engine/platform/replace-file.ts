/** Files that appear whole or not at all. */

import { nodeCrypto, nodeFiles, nodeFilesSync, nodePaths } from './node-modules.js';
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

/** In the folder of `path`, so that the rename cannot cross file systems; hidden, so that nobody takes it for a result. */
async function temporaryName(path: string): Promise<string> {
  const { basename, dirname, join } = await nodePaths();
  const { randomUUID } = await nodeCrypto();
  return join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.tmp`);
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
