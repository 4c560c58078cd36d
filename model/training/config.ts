/** A training config: the model, the data, and the stages that train its parts, one after another. */

import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { OnsetError } from '../../kernels/errors.js';
import { type ModelConfig, modelConfig } from '../onset/config.js';
import type { OptimiserOptions } from './optimiser.js';

/** How one stage is trained; see `OptimiserOptions`. */
export interface StageConfig extends OptimiserOptions {
  batch: number;
}

export interface TrainingConfig {
  name: string;
  seed: number;
  model: ModelConfig;
  data: {
    /** Clips of the procedural world: how many, how long (seconds), pixels a side. */
    world: { clips: number; seconds: number; size: number; seed: number };
    /**
     * Real clips beside them: a folder with a manifest.tsv (absolute once the config is read), and the share of all samples
     * that come from it, 0–1. Share 0 is the same as no footage; with share 1 no world is made.
     */
    footage?: { folder: string; share: number };
  };
  /** `crop`: samples of a training crop; `noise`: σ added to latents. */
  codec: StageConfig & { crop: number; noise: number };
  /** `tokens`: length of a crop, 40 ms each. */
  encoder: StageConfig & { tokens: number };
  /**
   * `dropCondition`: share of samples trained without their condition (classifier-free guidance); `trueTracks`: share that
   * is given the true tracks instead of the predicted ones.
   */
  generator: StageConfig & { tokens: number; dropCondition: number; trueTracks: number };
}

const count = z.number().int().positive();
const rate = z.number().positive();
const share = z.number().min(0).max(1);

const stage = {
  steps: count,
  batch: count,
  learningRate: rate,
  warmup: z.number().int().nonnegative().default(100),
  betas: z.tuple([z.number(), z.number()]).default([0.9, 0.999]),
  weightDecay: z.number().nonnegative().default(0.01),
  clipNorm: rate.default(1),
  emaDecay: share.default(0.999),
};

const trainingConfig: z.ZodType<TrainingConfig> = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens'),
  seed: z.number().int().nonnegative(),
  model: modelConfig,
  data: z.strictObject({
    world: z.strictObject({ clips: count, seconds: rate, size: count, seed: z.number().int().nonnegative() }),
    footage: z.strictObject({ folder: z.string().min(1), share }).optional(),
  }),
  codec: z.strictObject({ ...stage, crop: count, noise: z.number() }),
  encoder: z.strictObject({ ...stage, tokens: count }),
  generator: z.strictObject({ ...stage, tokens: count, dropCondition: share, trueTracks: share }),
});

export type StageName = 'codec' | 'encoder' | 'generator';

export class ConfigError extends OnsetError {
  override name = 'ConfigError';
}

/**
 * Checks the text of a config file; a footage folder is relative to the folder that `file` lies in. Throws ConfigError that
 * lists every fault by its path.
 */
export function parseTrainingConfig(text: string, file: string): TrainingConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`${file}: not JSON (${(cause as Error).message}); see model/training/configs for examples`);
  }
  const parsed = trainingConfig.safeParse(json);
  if (parsed.success) {
    const { footage } = parsed.data.data;
    if (footage) footage.folder = resolve(dirname(file), footage.folder);
    return parsed.data;
  }
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  throw new ConfigError(`${file}: this is not a training config:\n${faults.join('\n')}`);
}
