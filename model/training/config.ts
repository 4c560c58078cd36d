/** A training config: the model, the data, and the stages that train its parts, one after another. */

import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseJson, schemaFaults } from '../../engine/platform/json.js';
import { OnsetError } from '../../kernels/errors.js';
import { type ModelConfig, modelConfig } from '../onset/index.js';
import { type AugmentationConfig, augmentationConfig, type DataConfig, dataConfig } from './data/index.js';
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
  /** Of encoder and generator; default: `DEFAULT_AUGMENTATION`. */
  augmentation?: AugmentationConfig;
  /** `crop`: samples of a training crop; `noise`: σ added to latents. */
  codec: StageConfig & { crop: number; noise: number };
  /** `tokens`: length of a crop, 40 ms each. */
  encoder: StageConfig & { tokens: number };
  /**
   * `dropCondition`: share of samples trained without their condition (classifier-free guidance); `trueTracks`: share that
   * is given the true tracks instead of the predicted ones; with `freezeEncoder` the encoder stays as its own stage left it.
   */
  generator: StageConfig & { tokens: number; dropCondition: number; trueTracks: number; freezeEncoder?: boolean };
}

const count = z.number().int().positive();
const rate = z.number().positive();
const share = z.number().min(0).max(1);

/** The fields of `StageConfig`, for the schema of a stage. */
export const stageFields: { [Field in keyof StageConfig]: z.ZodType<StageConfig[Field]> } = {
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
  augmentation: augmentationConfig.optional(),
  codec: z.strictObject({ ...stageFields, crop: count, noise: z.number() }),
  encoder: z.strictObject({ ...stageFields, tokens: count }),
  generator: z.strictObject({
    ...stageFields,
    tokens: count,
    dropCondition: share,
    trueTracks: share,
    freezeEncoder: z.boolean().optional(),
  }),
});

export type StageName = 'codec' | 'encoder' | 'generator';

/** A training config that cannot be used. */
export class ConfigError extends OnsetError {
  override name = 'ConfigError';
}

/**
 * Checks the text of a config file; folders of footage and sounds are relative to the folder that `file` lies in, and absolute in
 * the result.
 *
 * @throws {ConfigError} that lists every fault by its path
 */
export function parseTrainingConfig(text: string, file: string): TrainingConfig {
  return checkTrainingConfig(configJson(text, file), { name: file, folder: dirname(file) });
}

/**
 * Checks a config that is JSON already. `name` is what errors call it, `folder` what folders of footage and sounds are relative to.
 *
 * @throws {ConfigError} that lists every fault by its path
 */
export function checkTrainingConfig(json: unknown, { name, folder }: { name: string; folder: string }): TrainingConfig {
  const config = checkConfig(trainingConfig, json, name);
  const { footage, sounds = [] } = config.data;
  for (const source of [...(footage ? [footage] : []), ...sounds]) source.folder = resolve(folder, source.folder);
  return config;
}

/** @throws {ConfigError} for text that is not JSON */
export function configJson(text: string, file: string): unknown {
  return parseJson(
    text,
    (cause) =>
      new ConfigError(`${file}: not JSON (${cause.message}); see model/training/configs for examples`, { cause }),
  );
}

/** @throws {ConfigError} that lists every fault by its path; `name` is what it calls the config */
export function checkConfig<T>(schema: z.ZodType<T>, json: unknown, name: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = schemaFaults(parsed.error).map((fault) => `  ${fault}`);
  throw new ConfigError(`${name}: this is not a training config:\n${faults.join('\n')}`);
}
