/** A training config: the model, the data, and the stages that train its parts, one after another. */

import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { OnsetError } from '../../kernels/errors.js';
import { type ModelConfig, modelConfig } from '../onset/index.js';
import { type DataConfig, dataConfig } from './data/index.js';
import type { OptimizerOptions } from './optimizer.js';

/** How one stage is trained; see `OptimizerOptions`. */
export interface StageConfig extends OptimizerOptions {
  batch: number;
}

export interface TrainingConfig {
  name: string;
  seed: number;
  model: ModelConfig;
  data: DataConfig;
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
  data: dataConfig,
  codec: z.strictObject({ ...stage, crop: count, noise: z.number() }),
  encoder: z.strictObject({ ...stage, tokens: count }),
  generator: z.strictObject({ ...stage, tokens: count, dropCondition: share, trueTracks: share }),
});

export type StageName = 'codec' | 'encoder' | 'generator';

/** A training config that cannot be used. */
export class ConfigError extends OnsetError {
  override name = 'ConfigError';
}

/**
 * Checks the text of a config file; a footage folder is relative to the folder that `file` lies in, and absolute in the
 * result.
 *
 * @throws {ConfigError} that lists every fault by its path
 */
export function parseTrainingConfig(text: string, file: string): TrainingConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`${file}: not JSON (${(cause as Error).message}); see model/training/configs for examples`, {
      cause,
    });
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
