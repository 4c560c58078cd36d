/** Files out of a gzipped tar archive (POSIX ustar), as npm publishes packages. */

import { gunzipSync } from 'node:zlib';
import { EvaluationError } from '../errors.js';

const BLOCK = 512;
/** Bytes that an archive may unpack to. */
const MOST = 2 ** 29;

/**
 * The regular files of the archive, by path; their bytes are views of one buffer.
 *
 * @param name of the archive, in messages
 * @throws {EvaluationError} when it is no such archive, ends early, or unpacks to more than 512 MiB
 */
export function readTarArchive(archive: Uint8Array, name: string): Map<string, Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = gunzipSync(archive, { maxOutputLength: MOST });
  } catch (cause) {
    throw new EvaluationError(
      `${name}: is no gzipped archive (${(cause as Error).message}); delete it and pull it again`,
      {
        cause,
      },
    );
  }
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = Number.parseInt(textOf(header, 124, 12), 8);
    const end = at + BLOCK + size;
    if (!(size >= 0) || end > bytes.length)
      throw new EvaluationError(`${name}: ends early; delete it and pull it again`);
    const prefix = textOf(header, 345, 155);
    const path = textOf(header, 0, 100);
    const kind = String.fromCharCode(header[156]!);
    if (kind === '0' || kind === '\0') files.set(prefix ? `${prefix}/${path}` : path, bytes.subarray(at + BLOCK, end));
    at = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** A field, to its first zero byte. */
function textOf(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}
