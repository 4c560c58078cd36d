/** What a training config says of its data. */

import { z } from 'zod';

/** Clips of the procedural world. */
export interface WorldConfig {
  /** How many. */
  clips: number;
  /** Length of each. */
  seconds: number;
  /** Width and height of a frame, in pixels. */
  size: number;
  /** Decides their order. */
  seed: number;
}

/** Real clips beside those of the world. */
export interface FootageConfig {
  /** A folder with a manifest.tsv. */
  folder: string;
  /** The share of all samples that come from it, 0–1; 0 is the same as no footage, with 1 no world is made. */
  share: number;
}

/** Sound without picture, for the codec alone. */
export interface SoundFolderConfig {
  /** Recordings, or footage with its manifest.tsv. */
  folder: string;
  /** A regular expression that the path of a file within the folder matches; absent: all files. */
  match?: string | undefined;
  /** The share of the codec's samples that come from it, 0–1. */
  share: number;
}

export interface DataConfig {
  world: WorldConfig;
  footage?: FootageConfig | undefined;
  sounds?: SoundFolderConfig[] | undefined;
}

const count = z.number().int().positive();

const pattern = z.string().refine((text) => {
  try {
    return Boolean(new RegExp(text));
  } catch {
    return false;
  }
}, 'not a regular expression');

export const dataConfig: z.ZodType<DataConfig> = z.strictObject({
  world: z.strictObject({
    clips: count,
    seconds: z.number().positive(),
    size: count,
    seed: z.number().int().nonnegative(),
  }),
  footage: z.strictObject({ folder: z.string().min(1), share: z.number().min(0).max(1) }).optional(),
  sounds: z
    .array(z.strictObject({ folder: z.string().min(1), match: pattern.optional(), share: z.number().min(0).max(1) }))
    .refine((sounds) => sounds.reduce((sum, { share }) => sum + share, 0) <= 1 + 1e-9, 'shares add up to more than 1')
    .optional(),
});
