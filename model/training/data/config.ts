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

export interface DataConfig {
  world: WorldConfig;
  footage?: FootageConfig;
}

const count = z.number().int().positive();

export const dataConfig: z.ZodType<DataConfig> = z.strictObject({
  world: z.strictObject({
    clips: count,
    seconds: z.number().positive(),
    size: count,
    seed: z.number().int().nonnegative(),
  }),
  footage: z.strictObject({ folder: z.string().min(1), share: z.number().min(0).max(1) }).optional(),
});
