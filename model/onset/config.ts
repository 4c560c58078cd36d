/** What a model is made of, as data: an ablation is another config, not another branch of code. */

import { z } from 'zod';
import type { FlowEncoderConfig } from './flow-encoder.js';
import type { SpectralCodecConfig } from './spectral-codec.js';

/** How the denoiser is conditioned on what is seen. */
export type ConditioningKind = 'dense' | 'cross-attention';

/** Which embeddings the denoiser is given; one that is not named is there. */
export interface EmbeddingsConfig {
  /** Rotary position embedding of its attention. */
  position?: boolean;
  /** Of the onset track. */
  onset?: boolean;
  /** Of the energy track. */
  energy?: boolean;
  /** Of the sound class. */
  class?: boolean;
}

export interface ModelConfig {
  codec: { kind: 'spectral' } & SpectralCodecConfig;
  /** `pictureWidth`: pixels a side at which optical flow is measured. */
  encoder: { kind: 'flow'; pictureWidth: number } & FlowEncoderConfig;
  /**
   * `conditioning`: `dense` (default) adds the condition of a time to the latents of that time; with `cross-attention`
   * each block attends to the conditions of all times.
   */
  generator: { width: number; blocks: number; heads: number; conditioning?: ConditioningKind };
  embeddings?: EmbeddingsConfig;
  /** Names of the sound classes, in the order of the class head. */
  classes: string[];
}

/** `embeddings` of a config with its defaults. */
export function embeddingsOf({ embeddings }: ModelConfig): Required<EmbeddingsConfig> {
  return { position: true, onset: true, energy: true, class: true, ...embeddings };
}

const size = z.number().int().positive();
const four = z.tuple([size, size, size, size]);
const given = z.boolean().optional();

// Options are absent rather than filled in, so that the hash of a config is the same before and after one is added.
export const modelConfig: z.ZodType<ModelConfig> = z.strictObject({
  codec: z.strictObject({
    kind: z.literal('spectral'),
    width: size,
    latentChannels: size,
    melBands: size,
    decoderFft: size,
    blocks: four,
    noiseChannels: size.optional(),
    tonalFft: size.optional(),
  }),
  encoder: z.strictObject({
    kind: z.literal('flow'),
    cells: size,
    heads: size,
    temporal: size,
    pictureWidth: size,
  }),
  generator: z.strictObject({
    width: size,
    blocks: size,
    heads: size,
    conditioning: z.enum(['dense', 'cross-attention']).optional(),
  }),
  embeddings: z.strictObject({ position: given, onset: given, energy: given, class: given }).optional(),
  classes: z.array(z.string()).min(1),
});
