/** The sounds that the tagger learns from, with their classes: folders of files, and the procedural world. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { OnsetError } from '../../../kernels/errors.js';
import { digestFile } from '../../../weights/index.js';
import { MATERIALS, makeClip, SOURCES, worldSeed } from '../../foley/index.js';
import { decodeAudio } from '../../media/index.js';
import { TAGGER_SAMPLE_RATE } from '../../networks/index.js';
import { type DataOptions, toInt16 } from '../data/index.js';
import type { SoundFolderConfig, TaggerTrainingConfig } from './config.js';

export interface LabelledSound {
  /** Mono at TAGGER_SAMPLE_RATE. */
  sound: Int16Array;
  classIndex: number;
}

/** Sounds of one origin. */
interface SoundSplits {
  train: LabelledSound[];
  heldOut: LabelledSound[];
}

export interface TaggerData {
  folders: SoundSplits;
  world: SoundSplits;
  /** sha256 over the sha256s of all files of the folders, with their names and splits. */
  foldersSha256: string;
}

/** Sounds that cannot be trained on. */
export class SoundsError extends OnsetError {
  override name = 'SoundsError';
}

/**
 * Reads and makes all sounds of a config.
 *
 * @throws {SoundsError} when a folder is missing or has no sounds, or for a class that the model does not have
 * @throws {MediaError} for a file that cannot be read, or the signal's reason
 */
export async function taggerData(
  { data, model }: Pick<TaggerTrainingConfig, 'data' | 'model'>,
  { onProgress, signal }: Pick<DataOptions, 'onProgress' | 'signal'> = {},
): Promise<TaggerData> {
  const digest = createHash('sha256');
  const folders: SoundSplits = { train: [], heldOut: [] };
  const files = data.folders.flatMap((folder) => soundFiles(folder, model.classes));
  for (const [i, { path, name, split, classIndex }] of files.entries()) {
    const decoded = await decodeAudio(path, { sampleRate: TAGGER_SAMPLE_RATE, signal });
    folders[split].push({ sound: toInt16(decoded), classIndex });
    digest.update(`${split} ${name} ${(await digestFile(path)).sha256}\n`);
    onProgress?.(i + 1, files.length, 'sound files');
  }
  const world: SoundSplits = { train: [], heldOut: [] };
  const { train, heldOut, seconds } = data.world;
  for (let i = 0; i < train + heldOut; i++) {
    signal?.throwIfAborted();
    if (i < train) world.train.push(worldSound(worldSeed('train', i), seconds, model.classes));
    else world.heldOut.push(worldSound(worldSeed('validation', i - train), seconds, model.classes));
    onProgress?.(i + 1, train + heldOut, 'world sounds');
  }
  return { folders, world, foldersSha256: digest.digest('hex') };
}

interface SoundFile {
  path: string;
  /** Path within the folder, with slashes. */
  name: string;
  split: 'train' | 'heldOut';
  classIndex: number;
}

/** The files of a folder that belong to a split, by their names. */
function soundFiles({ folder, train, heldOut }: SoundFolderConfig, classes: readonly string[]): SoundFile[] {
  if (!existsSync(folder)) {
    throw new SoundsError(
      `${folder}: there is no such folder of sounds; put them there, or name another in the config`,
    );
  }
  const patterns = { train: new RegExp(train, 'u'), heldOut: new RegExp(heldOut, 'u') };
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.split(sep).join('/'));
  const files: SoundFile[] = [];
  for (const name of names.sort()) {
    const matches = (['train', 'heldOut'] as const).filter((split) => patterns[split].test(name));
    if (matches.length > 1)
      throw new SoundsError(`${folder}: ${name} is both trained on and held out; narrow a pattern`);
    for (const split of matches) {
      const classIndex = classOf(patterns[split].exec(name)!.groups!.class!, classes, `${folder}: ${name}`);
      files.push({ path: join(folder, name), name, split, classIndex });
    }
  }
  for (const split of ['train', 'heldOut'] as const) {
    if (files.some((file) => file.split === split)) continue;
    throw new SoundsError(`${folder}: none of its ${names.length} files matches data.folders.${split} of the config`);
  }
  return files;
}

/** The class of that name; a folder's `Dog bark` is the class `dog-bark`. */
function classOf(name: string, classes: readonly string[], of: string): number {
  const label = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/gu, '-');
  const index = classes.indexOf(label);
  if (index < 0) throw new SoundsError(`${of} is of class ${label}, which model.classes of the config lacks`);
  return index;
}

/**
 * A sound of the world. Its class is its material, and whether that is struck or sounds on: bounces, swings, collisions,
 * steps and presses differ in their rhythm alone, not in the sound of a strike.
 */
function worldSound(seed: number, seconds: number, classes: readonly string[]): LabelledSound {
  // The sound does not depend on the size of the picture, which is made as small as can be.
  const { sound, material, source } = makeClip(seed, { seconds, size: 4 });
  const name = `${MATERIALS[material]!.name}-${SOURCES[source] === 'continuous' ? 'continuous' : 'struck'}`;
  return { sound: toInt16(sound), classIndex: classOf(name, classes, 'a sound of the world') };
}
