/** One file from a server to the disk: resumed by Range, checked when complete, and only then given its name. */

import { WeightsError } from '../errors.js';
import { digestFile, type FileDigest } from '../node-file.js';
import { fileSize, moveIntoPlace, openPart, removeFile } from './disk.js';
import {
  BadResponseError,
  ChecksumError,
  ConnectionLostError,
  LengthError,
  RangeNotSatisfiableError,
  UnreachableError,
} from './errors.js';
import { backOff, type Endpoint, type RequestOptions, request, sleep } from './request.js';
import type { ResolvedFile } from './resolve-source.js';

export interface DownloadOptions extends RequestOptions {
  /** Told the bytes of the file that are on the disk, in all. */
  onBytes?: (done: number) => void;
  /** Told the bytes of the file that are checked. */
  onChecked?: (done: number) => void;
}

/** Where the beginning of a file is kept until the rest is received. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/**
 * Fetches what is missing of `path`. What fails or is aborted leaves `path` alone and keeps the part for the next call,
 * except a part that is known to be wrong.
 * @throws {ConnectionLostError} when the connection is lost again and again without progress
 * @throws {LengthError} when the server's file has another length
 * @throws {ChecksumError} when the file has another sha256
 * @throws {DiskFullError} when the disk is full
 * @throws {WriteError} when the file cannot be written for another reason
 * @throws the errors of `request`, or the signal's reason
 */
export async function download(path: string, source: ResolvedFile, options: DownloadOptions): Promise<FileDigest> {
  const part = partOf(path);
  await fetchRest(part, source, options);
  const digest = await digestFile(part, { signal: options.signal, onProgress: options.onChecked });
  if (source.sha256 !== undefined && digest.sha256 !== source.sha256) {
    await removeFile(part);
    throw new ChecksumError('the received file is not the published one, and was deleted', {
      file: source.endpoint.displayName,
      expected: `sha256 ${source.sha256}`,
      found: digest.sha256,
      remedy: RETRY_DAMAGED,
    });
  }
  await moveIntoPlace(part, path);
  return digest;
}

const RETRY_DAMAGED = 'run it again; if it happens again, the server’s file or the network damages it';

/** Completes the part, in as many requests as it takes. */
async function fetchRest(part: string, { endpoint, bytes }: ResolvedFile, options: DownloadOptions): Promise<void> {
  const { retry, signal } = options;
  let received = fileSize(part);
  // Longer than the file: it is no beginning of it.
  if (received !== undefined && received > bytes) {
    await removeFile(part);
    received = undefined;
  }
  let restarted = false;
  let connected = false;
  for (let failures = 0; received === undefined || received < bytes; ) {
    const before = received ?? 0;
    try {
      received = await fetchFrom(part, before, endpoint, bytes, options);
      connected = true;
    } catch (error) {
      if (error instanceof RangeNotSatisfiableError && before > 0 && !restarted) {
        restarted = true;
        await removeFile(part);
        received = undefined;
        continue;
      }
      // A first request without connection fails at once; later ones may meet a short outage.
      if (!(error instanceof UnreachableError) || !connected) throw error;
    }
    if (received === bytes) break;
    failures = (received ?? 0) > before ? 0 : failures + 1;
    if (failures >= retry.attempts) {
      throw new ConnectionLostError('the connection is lost again and again', {
        file: endpoint.displayName,
        expected: `${bytes} bytes`,
        found: `${received ?? 0} so far`,
        remedy: 'run it again later: it goes on where it stopped',
      });
    }
    await sleep(backOff(failures + 1, retry), signal);
  }
}

/** One request for everything from byte `start`; how many bytes of the file there are afterwards. */
function fetchFrom(
  part: string,
  start: number,
  endpoint: Endpoint,
  bytes: number,
  options: DownloadOptions,
): Promise<number> {
  const headers: Record<string, string> = start > 0 ? { range: `bytes=${start}-` } : {};
  return request(endpoint, { headers }, options, async (response, onData) => {
    let end = firstByteOf(response, start, endpoint, bytes);
    const file = await openPart(part);
    try {
      if (end === 0) await file.truncate();
      onData();
      try {
        for await (const chunk of response.body ?? []) {
          onData();
          if (end + chunk.byteLength > bytes) throw wrongLength(endpoint, bytes, `${end + chunk.byteLength} and more`);
          await file.write(chunk, end);
          end += chunk.byteLength;
          options.onBytes?.(end);
        }
      } catch (error) {
        options.signal?.throwIfAborted();
        // Anything else is a lost connection; the bytes received before it are valid.
        if (error instanceof WeightsError) throw error;
      }
      if (end === bytes) await file.flush();
    } finally {
      await file.close();
    }
    return end;
  }).catch(async (error) => {
    if (error instanceof LengthError) await removeFile(part);
    throw error;
  });
}

/** The byte of the file with which a response begins: a server may ignore the Range and send everything. */
function firstByteOf({ status, headers }: Response, start: number, endpoint: Endpoint, bytes: number): number {
  if (status === 206) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    if (Number(first) !== start) {
      throw new BadResponseError('the server sends another range than asked for', {
        file: endpoint.displayName,
        expected: `from byte ${start}`,
        found: first === undefined ? 'no Content-Range' : `from byte ${first}`,
        remedy: 'run it again later, or name another mirror in HF_ENDPOINT',
      });
    }
    if (total !== '*' && Number(total) !== bytes) throw wrongLength(endpoint, bytes, String(total));
    return start;
  }
  const length = headers.get('content-length');
  // The length of a compressed body is not that of the file.
  if (length !== null && !headers.get('content-encoding') && Number(length) !== bytes) {
    throw wrongLength(endpoint, bytes, length);
  }
  return 0;
}

function wrongLength(endpoint: Endpoint, bytes: number, found: string): LengthError {
  return new LengthError('the server sends a file of another length, which was deleted', {
    file: endpoint.displayName,
    expected: `${bytes} bytes`,
    found,
    remedy: RETRY_DAMAGED,
  });
}
