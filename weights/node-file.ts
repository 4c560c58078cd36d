/**
 * The room's one seam to Node: files as byte sources, hashes of files, and files replaced as a whole. Node's modules are
 * loaded when first needed, by computed names, so that bundlers for the browser do not follow them.
 */

import { SourceError, WriteError } from './errors.js';
import { type ByteSource, cutShort, requireRange } from './source.js';

/** Node refuses reads and writes of 2 GiB and more at once; smaller pieces also keep buffers of the system small. */
const PIECE = 64 * 2 ** 20;

export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/** Size and lower-case hexadecimal sha256 of a file. */
export interface FileDigest {
  bytes: number;
  sha256: string;
}

/** Opens a regular file for reading. Throws SourceError when it is missing, not permitted, or no regular file. */
export async function openFile(path: string): Promise<FileSource> {
  const { open, stat } = await fileSystem();
  // Asked before opening: opening a named pipe would wait for a writer.
  const kind = await stat(path).catch((cause) => {
    throw cannotOpen(path, cause);
  });
  if (!kind.isFile()) {
    throw new SourceError('this is not a file', {
      file: path,
      expected: 'a regular file',
      found: kind.isDirectory() ? 'a directory' : 'a device, pipe or socket',
      remedy: kind.isDirectory() ? 'name the file inside it' : 'name a file',
    });
  }
  const handle = await open(path, 'r').catch((cause) => {
    throw cannotOpen(path, cause);
  });
  const size = kind.size;
  return {
    name: path,
    size,
    async read(offset, length) {
      requireRange(path, size, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle
          .read(bytes, done, Math.min(PIECE, length - done), offset + done)
          .catch((cause) => {
            throw new SourceError(`the file cannot be read: ${reason(cause)}`, { file: path, cause });
          });
        if (bytesRead === 0) throw cutShort(path, offset, length, done);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Opens the file, hands it to `use`, and closes it whatever happens. */
export async function withFile<T>(path: string, use: (source: FileSource) => Promise<T>): Promise<T> {
  const source = await openFile(path);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

/** Longest text that `readTextFile` takes, bytes. */
const LONGEST_TEXT = 2 ** 20;

/** A small text file such as a config, in UTF-8; undefined where there is none. Throws SourceError for a long one. */
export async function readTextFile(path: string): Promise<string | undefined> {
  if (!(await fileExists(path))) return undefined;
  return withFile(path, async (source) => {
    if (source.size > LONGEST_TEXT) {
      throw new SourceError('this is no text of that kind', {
        file: path,
        expected: `at most ${LONGEST_TEXT} bytes`,
        found: `${source.size}`,
      });
    }
    return new TextDecoder().decode(await source.read(0, source.size));
  });
}

/** Whether there is something of that name; a folder counts, so that opening it says what is wrong. */
export async function fileExists(path: string): Promise<boolean> {
  const { stat } = await fileSystem();
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Opens the file of that plain name in the folder of `path`. */
export async function openSibling(path: string, name: string): Promise<FileSource> {
  const { dirname, join } = await paths();
  return openFile(join(dirname(path), name));
}

/** Size and sha256 of a file, read piece by piece. Throws SourceError, or the signal's reason. */
export async function digestFile(
  path: string,
  options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<FileDigest> {
  const { createHash } = await cryptography();
  return withFile(path, async (source) => {
    const hash = createHash('sha256');
    for (let offset = 0; offset < source.size; offset += PIECE) {
      options.signal?.throwIfAborted();
      options.onProgress?.(offset, source.size);
      hash.update(await source.read(offset, Math.min(PIECE, source.size - offset)));
    }
    return { bytes: source.size, sha256: hash.digest('hex') };
  });
}

/**
 * Writes the chunks to a temporary name beside `path`, flushes them to the disk, and renames: a reader finds the old file
 * or the new one, never half of one, even after a power cut. On failure or abort the temporary file is removed and the
 * old file stays. Throws WriteError, or the signal's reason, or what `chunks` throws.
 */
export async function replaceFile(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: { signal?: AbortSignal } = {},
): Promise<FileDigest> {
  const { open, rename, unlink } = await fileSystem();
  const { createHash, randomUUID } = await cryptography();
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  const failed = (cause: unknown): never => {
    throw cannotWrite(path, cause);
  };
  const handle = await open(temporary, 'wx').catch(failed);
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of chunks) {
        for (let done = 0; done < chunk.byteLength; ) {
          options.signal?.throwIfAborted();
          const length = Math.min(PIECE, chunk.byteLength - done);
          const { bytesWritten } = await handle.write(chunk, done, length).catch(failed);
          hash.update(chunk.subarray(done, done + bytesWritten));
          done += bytesWritten;
          bytes += bytesWritten;
        }
      }
      options.signal?.throwIfAborted();
      await handle.sync().catch(failed);
    } finally {
      await handle.close();
    }
    await rename(temporary, path).catch(failed);
    await flushFolderOf(path);
    return { bytes, sha256: hash.digest('hex') };
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** The rename itself reaches the disk only with its folder; systems that cannot flush a folder are left alone. */
async function flushFolderOf(path: string): Promise<void> {
  const { open } = await fileSystem();
  const { dirname } = await paths();
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** `name` inside `folder`, in the manner of the host system. */
export async function joinPath(folder: string, name: string): Promise<string> {
  return (await paths()).join(folder, name);
}

/** The error for a file that the system does not let us write. */
export function cannotWrite(path: string, cause: unknown): WriteError {
  return new WriteError(`the file cannot be written: ${reason(cause)}`, {
    file: path,
    cause,
    remedy: remedyFor(cause),
  });
}

function cannotOpen(path: string, cause: unknown): SourceError {
  return new SourceError(`the file cannot be opened: ${reason(cause)}`, {
    file: path,
    expected: 'a readable file',
    remedy: remedyFor(cause),
    cause,
  });
}

const REASONS: Record<string, [reason: string, remedy: string]> = {
  ENOENT: ['there is no such file or folder', 'check the path'],
  ENOTDIR: ['a part of the path is not a folder', 'check the path'],
  EACCES: ['permission denied', 'check the permissions of the file and its folder'],
  EPERM: ['permission denied', 'check the permissions of the file and its folder'],
  EISDIR: ['it is a directory', 'name a file'],
  ELOOP: ['too many symbolic links', 'name the file itself'],
  ENAMETOOLONG: ['the name is too long', 'check the path'],
  ENOSPC: ['the disk is full', 'make room, or choose another folder'],
  EDQUOT: ['the disk quota is used up', 'make room, or choose another folder'],
  EROFS: ['the file system is read-only', 'choose another folder'],
};

function reason(cause: unknown): string {
  return REASONS[codeOf(cause)]?.[0] ?? (cause instanceof Error ? cause.message : String(cause));
}

function remedyFor(cause: unknown): string | undefined {
  return REASONS[codeOf(cause)]?.[1];
}

function codeOf(cause: unknown): string {
  return (cause as { code?: string } | undefined)?.code ?? '';
}

async function fileSystem(): Promise<typeof import('node:fs/promises')> {
  const moduleName = 'node:fs/promises';
  return (await import(moduleName)) as typeof import('node:fs/promises');
}

async function cryptography(): Promise<typeof import('node:crypto')> {
  const moduleName = 'node:crypto';
  return (await import(moduleName)) as typeof import('node:crypto');
}

async function paths(): Promise<typeof import('node:path')> {
  const moduleName = 'node:path';
  return (await import(moduleName)) as typeof import('node:path');
}
