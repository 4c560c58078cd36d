/** The files of this room, in Node: files as byte sources, hashes of files, and files replaced as a whole. */

import { nodeCrypto, nodeFiles, nodePaths } from '../engine/platform/node-modules.js';
import { replaceFile as replaceFileBy } from '../engine/platform/replace-file.js';
import { systemCodeOf, systemFaultOf } from '../engine/platform/system-error.js';
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

/**
 * Opens a regular file for reading.
 * @throws {SourceError} when it is missing, not permitted, or no regular file
 */
export async function openFile(path: string): Promise<FileSource> {
  const { open, stat } = await nodeFiles();
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
            throw new SourceError(`the file cannot be read: ${faultOf(cause).reason}`, { file: path, cause });
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

/**
 * A small text file such as a config, in UTF-8; undefined where there is none.
 * @throws {SourceError} when it cannot be read, or is longer than 1 MiB
 */
export async function readTextFile(path: string): Promise<string | undefined> {
  if (!(await fileExists(path))) return undefined;
  return withFile(path, async (source) => {
    if (source.size > LONGEST_TEXT) {
      throw new SourceError('the file is too long for a text of this kind', {
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
  const { stat } = await nodeFiles();
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Opens the file of that plain name in the folder of `path`. */
export async function openSibling(path: string, name: string): Promise<FileSource> {
  const { dirname, join } = await nodePaths();
  return openFile(join(dirname(path), name));
}

/**
 * Size and sha256 of a file, read piece by piece.
 * @throws {SourceError} when it cannot be read
 * @throws the signal's reason
 */
export async function digestFile(
  path: string,
  options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<FileDigest> {
  const { createHash } = await nodeCrypto();
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
 * old file stays.
 * @returns size and sha256 of the new file
 * @throws {WriteError} when the system does not let it be written
 * @throws the signal's reason, or what `chunks` throws
 */
export async function replaceFile(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: { signal?: AbortSignal } = {},
): Promise<FileDigest> {
  const { open } = await nodeFiles();
  const { createHash } = await nodeCrypto();
  const hash = createHash('sha256');
  let bytes = 0;
  await replaceFileBy(path, async (temporary) => {
    const handle = await open(temporary, 'wx');
    try {
      for await (const chunk of chunks) {
        for (let done = 0; done < chunk.byteLength; ) {
          options.signal?.throwIfAborted();
          const { bytesWritten } = await handle.write(chunk, done, Math.min(PIECE, chunk.byteLength - done));
          hash.update(chunk.subarray(done, done + bytesWritten));
          done += bytesWritten;
          bytes += bytesWritten;
        }
      }
      options.signal?.throwIfAborted();
    } finally {
      await handle.close();
    }
  }).catch((error) => {
    throw systemCodeOf(error) === undefined ? error : cannotWrite(path, error);
  });
  return { bytes, sha256: hash.digest('hex') };
}

/** `name` inside `folder`, in the manner of the host system. */
export async function joinPath(folder: string, name: string): Promise<string> {
  return (await nodePaths()).join(folder, name);
}

/** The error for a file that the system does not let us write. */
export function cannotWrite(path: string, cause: unknown): WriteError {
  const { reason, remedy } = faultOf(cause);
  return new WriteError(`the file cannot be written: ${reason}`, { file: path, remedy, cause });
}

function cannotOpen(path: string, cause: unknown): SourceError {
  const { reason, remedy } = faultOf(cause);
  const expected = 'a readable file';
  return new SourceError(`the file cannot be opened: ${reason}`, { file: path, expected, remedy, cause });
}

function faultOf(cause: unknown): { reason: string; remedy?: string } {
  return systemFaultOf(cause) ?? { reason: cause instanceof Error ? cause.message : String(cause) };
}
