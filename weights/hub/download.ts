/** One file from a source to the disk: resumed by Range, checked when whole, and only then given its name. */

import { WeightsError } from '../errors.js';
import { digestFile, type FileDigest } from '../node-file.js';
import { type AskOptions, ask, backOff, type Place, sleep } from './ask.js';
import { discard, nameFinally, openPart, sizeOf } from './disk.js';
import { AnswerError, ChecksumError, CutError, LengthError, OutOfReachError, RangeRefusedError } from './errors.js';
import type { Located } from './locate.js';

export interface DownloadOptions extends AskOptions {
  /** Bytes there are of the file, in all. */
  onBytes?: (done: number) => void;
  /** Bytes of the file that are checked. */
  onChecked?: (done: number) => void;
}

/** Where the beginning of a file waits for the rest. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/**
 * Fetches what is missing of `path`. What fails or is aborted leaves `path` alone and keeps the part for the next call,
 * except a part that is known to be wrong. Throws the errors of `ask`, CutError, LengthError, ChecksumError, DiskFullError,
 * WriteError, or the signal's reason.
 */
export async function download(path: string, source: Located, options: DownloadOptions): Promise<FileDigest> {
  const part = partOf(path);
  await fetchRest(part, source, options);
  const digest = await digestFile(part, { signal: options.signal, onProgress: options.onChecked });
  if (source.sha256 !== undefined && digest.sha256 !== source.sha256) {
    await discard(part);
    throw new ChecksumError('what came is not the published file, and was thrown away', {
      file: source.place.called,
      expected: `sha256 ${source.sha256}`,
      found: digest.sha256,
      remedy: 'run it again; if it comes back, the source or the way to it is damaged',
    });
  }
  await nameFinally(part, path);
  return digest;
}

/** Makes the part whole, in as many requests as it takes. */
async function fetchRest(part: string, { place, bytes }: Located, options: DownloadOptions): Promise<void> {
  const { terms, signal } = options;
  let have = sizeOf(part);
  // Longer than the file: it is no beginning of it.
  if (have !== undefined && have > bytes) {
    await discard(part);
    have = undefined;
  }
  let startedAgain = false;
  let connected = false;
  for (let failures = 0; have === undefined || have < bytes; ) {
    const before = have ?? 0;
    try {
      have = await fetchFrom(part, before, place, bytes, options);
      connected = true;
    } catch (error) {
      if (error instanceof RangeRefusedError && before > 0 && !startedAgain) {
        startedAgain = true;
        await discard(part);
        have = undefined;
        continue;
      }
      // The first contact decides whether there is a way at all; later it may just be gone for a moment.
      if (!(error instanceof OutOfReachError) || !connected) throw error;
    }
    if (have === bytes) break;
    failures = (have ?? 0) > before ? 0 : failures + 1;
    if (failures >= terms.attempts) {
      throw new CutError('the connection breaks again and again', {
        file: place.called,
        expected: `${bytes} bytes`,
        found: `${have ?? 0} so far`,
        remedy: 'run it again later: it goes on where it stopped',
      });
    }
    await sleep(backOff(failures + 1, terms), signal);
  }
}

/** One request for everything from byte `start`; how many bytes of the file there are afterwards. */
function fetchFrom(
  part: string,
  start: number,
  place: Place,
  bytes: number,
  options: DownloadOptions,
): Promise<number> {
  const headers: Record<string, string> = start > 0 ? { range: `bytes=${start}-` } : {};
  return ask(place, { headers }, options, async (response, alive) => {
    let end = beginningOf(response, start, place, bytes);
    const file = await openPart(part);
    try {
      if (end === 0) await file.empty();
      alive();
      try {
        for await (const chunk of response.body ?? []) {
          alive();
          if (end + chunk.byteLength > bytes) throw wrongLength(place, bytes, `${end + chunk.byteLength} and more`);
          await file.write(chunk, end);
          end += chunk.byteLength;
          options.onBytes?.(end);
        }
      } catch (error) {
        options.signal?.throwIfAborted();
        // Anything else is a connection that broke: what came is good as far as it goes.
        if (error instanceof WeightsError) throw error;
      }
      if (end === bytes) await file.flush();
    } finally {
      await file.close();
    }
    return end;
  }).catch(async (error) => {
    if (error instanceof LengthError) await discard(part);
    throw error;
  });
}

/** The byte of the file with which an answer begins: a source may ignore the Range and send everything. */
function beginningOf({ status, headers }: Response, start: number, place: Place, bytes: number): number {
  if (status === 206) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    if (Number(first) !== start) {
      throw new AnswerError('the source sends another part than asked for', {
        file: place.called,
        expected: `from byte ${start}`,
        found: first === undefined ? 'no such statement' : `from byte ${first}`,
        remedy: 'run it again later, or name another mirror in HF_ENDPOINT',
      });
    }
    if (total !== '*' && Number(total) !== bytes) throw wrongLength(place, bytes, String(total));
    return start;
  }
  const length = headers.get('content-length');
  // A length of a compressed body says nothing of the file.
  if (length !== null && !headers.get('content-encoding') && Number(length) !== bytes) {
    throw wrongLength(place, bytes, length);
  }
  return 0;
}

function wrongLength(place: Place, bytes: number, found: string): LengthError {
  return new LengthError('the source sends a file of another length, which was thrown away', {
    file: place.called,
    expected: `${bytes} bytes`,
    found,
    remedy: 'run it again; if it comes back, the source or the way to it is damaged',
  });
}
