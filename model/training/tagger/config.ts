/** A training config of the audio tagger: the network, the sounds and their classes, and how it is trained. */

import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type AudioTaggerConfig, audioTaggerConfig } from '../../networks/index.js';
import { checkConfig, configJson, type StageConfig, stageFields } from '../config.js';

/** A folder of sounds whose classes are in their paths. */
export interface SoundFolderConfig {
  folder: string;
  /**
   * Regular expressions over paths within the folder, with a group named `class`: which sounds are trained on, and which are
   * held out to measure on.
   */
  train: string;
  heldOut: string;
}

export interface TaggerTrainingConfig {
  kind: 'tagger';
  name: string;
  seed: number;
  model: AudioTaggerConfig;
  data: {
    folders: SoundFolderConfig[];
    /** Sounds of the procedural world: how many to train on, how many to hold out, and the length of each. */
    world: { train: number; heldOut: number; seconds: number };
    /** Share of all samples that come from the folders, 0–1. */
    folderShare: number;
  };
  tagger: StageConfig;
}

const count = z.number().int().positive();

const soundPattern = z
  .string()
  .refine((source) => source.includes('(?<class>'), 'has no group named class: (?<class>…)')
  .refine((source) => {
    try {
      new RegExp(source, 'u');
      return true;
    } catch {
      return false;
    }
  }, 'not a regular expression');

const taggerTrainingConfig: z.ZodType<TaggerTrainingConfig> = z.strictObject({
  kind: z.literal('tagger'),
  name: z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens'),
  seed: z.number().int().nonnegative(),
  model: audioTaggerConfig,
  data: z.strictObject({
    folders: z.array(z.strictObject({ folder: z.string().min(1), train: soundPattern, heldOut: soundPattern })).min(1),
    world: z.strictObject({ train: count, heldOut: count, seconds: z.number().min(2.56) }),
    folderShare: z.number().min(0).max(1),
  }),
  tagger: z.strictObject(stageFields),
});

/** Whether the text of a config file is for the tagger; any fault in it is left to the parser. */
export function isTaggerConfig(text: string): boolean {
  try {
    return (JSON.parse(text) as { kind?: unknown } | null)?.kind === 'tagger';
  } catch {
    return false;
  }
}

/**
 * Checks the text of a config file; folders of sounds are relative to the folder that `file` lies in, and absolute in the
 * result.
 *
 * @throws {ConfigError} that lists every fault by its path
 */
export function parseTaggerConfig(text: string, file: string): TaggerTrainingConfig {
  const config = checkConfig(taggerTrainingConfig, configJson(text, file), file);
  for (const sounds of config.data.folders) sounds.folder = resolve(dirname(file), sounds.folder);
  return config;
}
