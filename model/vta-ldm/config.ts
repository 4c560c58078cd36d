/** The config of VTA-LDM: the released model's, or by the overrides of a folder's `config.json` one of the same graph. */

import { z } from 'zod';
import { OnsetError } from '../../kernels/errors.js';
import {
  type AudioLdmVaeConfig,
  audioLdmVaeConfig,
  type ClipVisionConfig,
  clipVisionConfig,
  type HifiGanConfig,
  hifiGanConfig,
  type UnetConfig,
  unetConfig,
} from '../networks/index.js';
import { type SchedulerConfig, schedulerConfig, VTA_LDM_SCHEDULER } from '../samplers/index.js';

export interface VtaLdmConfig {
  clip: ClipVisionConfig;
  unet: UnetConfig;
  vae: AudioLdmVaeConfig;
  vocoder: HifiGanConfig;
  scheduler: SchedulerConfig;
  tokens: { embedding_dim: number };
}

/** diffusion_model_config_large_2048.json of the release. */
const RELEASED_UNET = {
  in_channels: 8,
  out_channels: 8,
  block_out_channels: [320, 640, 640, 1280],
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  attention_head_dim: [5, 10, 20, 20],
  cross_attention_dim: 2048,
  use_linear_projection: true,
};

const fields = z.record(z.string(), z.unknown()).default({});

const overrides = z.strictObject({
  clip: fields,
  unet: fields,
  vae: fields,
  vocoder: fields,
  scheduler: fields,
  tokens: z.strictObject({ embedding_dim: z.number().int().positive().default(2048) }).default({ embedding_dim: 2048 }),
});

/** A `config.json` that is not one of this model. */
export class VtaLdmConfigError extends OnsetError {
  override name = 'VtaLdmConfigError';
}

/**
 * The config for the overrides of a `config.json` (absent: none), field by field; `scaleFactor` is the scale of the latents
 * by the weights.
 *
 * @throws {VtaLdmConfigError} when the text is not a config of this model; it lists every fault by its path.
 */
export function parseVtaLdmConfig(
  text: string | undefined,
  { file = 'config.json', scaleFactor }: { file?: string; scaleFactor?: number } = {},
): VtaLdmConfig {
  let json: unknown;
  try {
    json = text === undefined ? {} : JSON.parse(text);
  } catch (cause) {
    throw new VtaLdmConfigError(`${file}: not JSON (${(cause as Error).message})`, { cause });
  }
  const given = parsed(overrides, json, file, []);
  const config: VtaLdmConfig = {
    clip: parsed(clipVisionConfig, given.clip, file, ['clip']),
    unet: parsed(unetConfig, { ...RELEASED_UNET, ...given.unet }, file, ['unet']),
    vae: parsed(
      audioLdmVaeConfig,
      { ...(scaleFactor === undefined ? {} : { scale_factor: scaleFactor }), ...given.vae },
      file,
      ['vae'],
    ),
    vocoder: parsed(hifiGanConfig, given.vocoder, file, ['vocoder']),
    scheduler: parsed(schedulerConfig, { ...VTA_LDM_SCHEDULER, ...given.scheduler }, file, ['scheduler']),
    tokens: given.tokens,
  };
  if (config.unet.crossAttentionDim !== config.tokens.embedding_dim) {
    throw new VtaLdmConfigError(
      `${file}: unet.cross_attention_dim is ${config.unet.crossAttentionDim}, tokens.embedding_dim ${config.tokens.embedding_dim}; they are the same width`,
    );
  }
  if (config.unet.inChannels !== config.vae.embed_dim) {
    throw new VtaLdmConfigError(
      `${file}: unet.in_channels is ${config.unet.inChannels}, vae.embed_dim ${config.vae.embed_dim}; both are the latent's channels`,
    );
  }
  return config;
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, file: string, path: readonly string[]): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((i) => `  ${[...path, ...i.path].join('.') || 'the whole'}: ${i.message}`);
  throw new VtaLdmConfigError(`${file}: not a config of this model:\n${faults.join('\n')}`);
}
