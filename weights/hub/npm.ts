/**
 * The machine's own npm with its own settings: it is given a name and a version only. It downloads the package as it was
 * published, and neither unpacks nor runs anything of it.
 */

import { spawn } from 'node:child_process';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile, type FileDigest } from '../node-file.js';
import { makeFolder } from './disk.js';
import {
  BadResponseError,
  ChecksumError,
  DiskFullError,
  LengthError,
  NoNpmError,
  NotFoundError,
  type PullError,
  UnreachableError,
} from './errors.js';
import type { RequestOptions } from './request.js';
import { type NpmSource, npmName } from './target.js';

/** Times `idleTimeoutMs` in which npm must have ended: it does not tell how far it is. */
const IDLE_FACTOR = 10;

/**
 * Makes `path` the package as it was published, a gzipped tar archive. When it fails, `path` is as it was before.
 *
 * @throws {NoNpmError} when there is no npm on this machine
 * @throws {UnreachableError} when npm does not reach its registry
 * @throws {NotFoundError} when the registry does not have the package
 * @throws {LengthError} when the package has another length
 * @throws {ChecksumError} when the package has another sha256
 * @throws {DiskFullError} when the disk is full
 * @throws {BadResponseError} when npm fails otherwise
 * @throws the signal's reason
 */
export async function downloadNpmPackage(
  path: string,
  source: NpmSource,
  options: RequestOptions,
): Promise<FileDigest> {
  const folder = `${path}.package`;
  await rm(folder, { recursive: true, force: true });
  await makeFolder(folder);
  try {
    await npmPack(folder, source, options);
    const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
    if (archive === undefined) throw new BadResponseError('npm has downloaded nothing', faultsOf(source));
    const digest = await digestFile(join(folder, archive), { signal: options.signal });
    requirePublished(source, digest);
    await rename(join(folder, archive), path);
    return digest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function npmPack(folder: string, source: NpmSource, options: RequestOptions): Promise<void> {
  const { retry, signal } = options;
  const timeout = AbortSignal.timeout(IDLE_FACTOR * retry.idleTimeoutMs);
  const { code, output } = await runNpm(
    [
      ...['pack', `${source.npm}@${source.version}`, '--pack-destination', folder, '--ignore-scripts'],
      ...['--no-audit', '--no-fund', '--no-update-notifier', '--fetch-retries', '0'],
    ],
    folder,
    signal ? AbortSignal.any([signal, timeout]) : timeout,
  );
  signal?.throwIfAborted();
  if (code !== 0) throw npmError(source, output, timeout.aborted);
}

const NETWORK_FAULTS =
  /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|FETCH_ERROR|CERT_|E50\d/;

const faultsOf = (source: NpmSource): { file: string; remedy: string } => ({
  file: npmName(source),
  remedy: `see its output: npm pack ${source.npm}@${source.version}`,
});

/** The error for a failed npm. Its output is not repeated: it may have addresses and passwords of a mirror. */
function npmError(source: NpmSource, output: string, timedOut: boolean): PullError | DiskFullError {
  const { file, remedy } = faultsOf(source);
  if (/ENOSPC/.test(output)) {
    return new DiskFullError('the disk is full', { file, remedy: 'make room and run it again' });
  }
  if (timedOut || NETWORK_FAULTS.test(output)) {
    return new UnreachableError('npm does not reach its registry', {
      file,
      remedy: 'check the network and npm’s own settings',
    });
  }
  if (/E404|ETARGET/.test(output)) {
    return new NotFoundError('npm’s registry does not have it', { file, remedy: 'check npm’s own settings' });
  }
  return output === NO_NPM
    ? new NoNpmError('there is no npm on this machine', { file, remedy: 'install it; it comes with Node' })
    : new BadResponseError('npm has failed', { file, remedy });
}

function requirePublished(source: NpmSource, digest: FileDigest): void {
  const file = npmName(source);
  const remedy = 'run it again; if it happens again, npm’s registry or the network damages it';
  if (digest.bytes !== source.bytes) {
    throw new LengthError('npm has downloaded a package of another length, which was deleted', {
      ...{ file, remedy, expected: `${source.bytes} bytes`, found: `${digest.bytes}` },
    });
  }
  if (digest.sha256 === source.sha256) return;
  throw new ChecksumError('npm has downloaded another package than the published one, which was deleted', {
    ...{ file, remedy, expected: `sha256 ${source.sha256}`, found: digest.sha256 },
  });
}

const NO_NPM = 'npm does not start';

/** Runs it to its end, in a folder of its own, whose settings it then reads: none. */
function runNpm(args: string[], cwd: string, signal: AbortSignal): Promise<{ code: number; output: string }> {
  // On Windows npm is a batch file, which only a shell starts; the arguments are fixed but for the folder.
  const windows = process.platform === 'win32';
  return new Promise((resolve) => {
    const child = spawn(windows ? 'npm.cmd' : 'npm', windows ? args.map((each) => `"${each}"`) : args, {
      ...{ cwd, signal, shell: windows, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    let output = '';
    const take = (text: Buffer): void => {
      output = (output + text.toString()).slice(-20_000);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('error', (error) =>
      resolve({ code: -1, output: 'code' in error && error.code === 'ENOENT' ? NO_NPM : output }),
    );
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
