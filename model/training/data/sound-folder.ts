/** Folders of sound without picture, for the codec: recordings, or the sound of footage. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { OnsetError } from '../../../kernels/errors.js';
import { digestFile } from '../../../weights/index.js';
import { decodeAudio, FfmpegMissingError, MediaError } from '../../media/index.js';
import { SAMPLE_RATE } from '../../onset/index.js';
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
 *
 * @throws {SoundFolderError} for a folder that is missing or has no sound, or a file that does not decode
 * @throws {FootageError} for a manifest with faults, {FfmpegMissingError} without ffmpeg, or the signal's reason
 */
export async function soundFolder(
  { folder, match }: Pick<SoundFolderConfig, 'folder' | 'match'>,
  { onProgress, signal }: Pick<DataOptions, 'onProgress' | 'signal'> = {},
): Promise<SoundFolder> {
  const files = soundFiles(folder, match);
  const digest = createHash('sha256');
  const clips: SoundClip[] = [];
  for (const [i, file] of files.entries()) {
    signal?.throwIfAborted();
    clips.push({ sound: await decode(join(folder, file), signal) });
    digest.update(`${file} ${(await digestFile(join(folder, file))).sha256}\n`);
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

async function decode(path: string, signal: AbortSignal | undefined): Promise<Int16Array> {
  try {
    return toInt16(await decodeAudio(path, { sampleRate: SAMPLE_RATE, signal }));
  } catch (cause) {
    if (!(cause instanceof MediaError) || cause instanceof FfmpegMissingError) throw cause;
    throw new SoundFolderError(`data.sounds: ${cause.message}; fix the file, or take it out of the folder`, { cause });
  }
}
