/** Folders of sound without picture, for the codec: recordings, or the sound of footage. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, extname, join, sep } from 'node:path';
import { userCache } from '../../../engine/platform/user-cache.js';
import { OnsetError } from '../../../kernels/errors.js';
import { digestFile, writeSafetensors } from '../../../weights/index.js';
import { decodeAudio, FfmpegMissingError, MediaError } from '../../media/index.js';
import { SAMPLE_RATE } from '../../onset/index.js';
import { cachePath, readCacheFile } from './clip-cache.js';
import type { SoundFolderConfig } from './config.js';
import { manifestPath, readManifest } from './footage-manifest.js';
import type { SoundClip } from './sound-mixture.js';
import { type DataOptions, toInt16 } from './training-clip.js';

export class SoundFolderError extends OnsetError {
  override name = 'SoundFolderError';
}

/** Files with other endings are not sound; what ffmpeg reads is far more, and rarely meant. */
const ENDINGS = new Set('.wav .flac .ogg .opus .mp3 .m4a .aac .aif .aiff .mp4 .mov .mkv .webm .avi'.split(' '));

export interface SoundFolder {
  clips: SoundClip[];
  /** sha256 over the names within the folder and the contents of the files, in order. */
  sha256: string;
}

/**
 * The sounds of a folder, decoded to mono at the codec's rate: where it has a manifest.tsv (see footage-manifest.ts), those of
 * the `train` split; else all sound files in it and its folders whose path within it matches, in the order of their names.
 * Each file is decoded once, and kept in the cache.
 *
 * @throws {SoundFolderError} for a folder that is missing or has no sound, or a file that does not decode
 * @throws {FootageError} for a manifest with faults, {FfmpegMissingError} without ffmpeg, or the signal's reason
 */
export async function soundFolder(
  { folder, match }: Pick<SoundFolderConfig, 'folder' | 'match'>,
  { cacheFolder = userCache('sounds'), onProgress, signal }: DataOptions = {},
): Promise<SoundFolder> {
  const files = soundFiles(folder, match);
  const digest = createHash('sha256');
  const clips: SoundClip[] = [];
  for (const [i, file] of files.entries()) {
    signal?.throwIfAborted();
    const { sound, sha256 } = await decodeOnce(join(folder, file), cacheFolder, signal);
    clips.push({ sound });
    digest.update(`${file} ${sha256}\n`);
    onProgress?.(i + 1, files.length, 'sounds');
  }
  return { clips, sha256: digest.digest('hex') };
}

/** Paths within the folder, with slashes on every system. */
function soundFiles(folder: string, match = ''): string[] {
  if (!existsSync(folder)) throw new SoundFolderError(`${folder}: there is no such folder of sounds`);
  const listed = existsSync(manifestPath(folder))
    ? readManifest(folder).flatMap(({ file, split }) => (split === 'train' ? [file] : []))
    : readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .map((path) => path.split(sep).join('/'))
        .filter((path) => ENDINGS.has(extname(path).toLowerCase()))
        .sort();
  const pattern = new RegExp(match);
  const files = listed.filter((path) => pattern.test(path));
  if (files.length === 0) {
    const which = match === '' ? '' : ` whose path matches ${match}`;
    throw new SoundFolderError(`${folder}: has no sound files for training${which}; add some, or leave it out`);
  }
  return files;
}

interface DecodedSound {
  sound: Int16Array<ArrayBuffer>;
  /** Of the file that it is decoded from. */
  sha256: string;
}

/** The sound of a file, from the cache unless the file was touched since. */
async function decodeOnce(path: string, cacheFolder: string, signal: AbortSignal | undefined): Promise<DecodedSound> {
  const file = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new SoundFolderError(`${path}: cannot be read (${cause.code}); add it, or take it out of the list`, {
      cause,
    });
  });
  const cache = cachePath(cacheFolder, SAMPLE_RATE, path, file.size, file.mtimeMs);
  const cached = await readCacheFile(cache, async (file) => ({
    sound: (await file.read('sound')) as Int16Array<ArrayBuffer>,
    sha256: file.metadata.sha256 ?? '',
  }));
  if (cached) return cached;
  const sound = await decode(path, signal);
  const { sha256 } = await digestFile(path);
  await mkdir(dirname(cache), { recursive: true });
  await writeSafetensors(cache, [{ name: 'sound', dtype: 'I16', shape: [sound.length], data: sound }], {
    metadata: { sha256 },
  });
  return { sound, sha256 };
}

async function decode(path: string, signal: AbortSignal | undefined): Promise<Int16Array<ArrayBuffer>> {
  try {
    return toInt16(await decodeAudio(path, { sampleRate: SAMPLE_RATE, signal }));
  } catch (cause) {
    if (!(cause instanceof MediaError) || cause instanceof FfmpegMissingError) throw cause;
    throw new SoundFolderError(`data.sounds: ${cause.message}; fix the file, or take it out of the folder`, { cause });
  }
}
