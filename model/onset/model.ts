/** The parts of a model, built from its config: encoder, codec, and the functions that join them. */

import type { Tensor } from '../../engine/engine.js';
import type { Parameters } from '../networks/index.js';
import { type Alignment, alignmentHeads, type Conditioning, embedCondition } from './alignment.js';
import type { Codec } from './codec.js';
import { type EmbeddingsConfig, embeddingsOf, type ModelConfig } from './config.js';
import { type DiffusionTransformerConfig, diffusionTransformer } from './diffusion-transformer.js';
import { flowEncoder, type VisualEncoder } from './flow-encoder.js';
import { spectralCodec } from './spectral-codec.js';

/** Latent frames, tokens and tracks all run at this rate. */
export const TOKEN_RATE = 25;

export interface OnsetModel {
  readonly config: ModelConfig;
  /** Which embeddings the denoiser is given; plans have no inputs for the others. */
  readonly embeddings: Required<EmbeddingsConfig>;
  /** The sounds that it can be told to make: none where it embeds no class. */
  readonly soundClasses: readonly string[];
  readonly encoder: VisualEncoder;
  readonly codec: Codec;
  /** Visual features → tokens [B, T, width]. */
  tokens(p: Parameters, visualFeatures: Tensor): Tensor;
  heads(p: Parameters, tokens: Tensor): Alignment;
  condition(p: Parameters, parts: { tokens: Tensor; tracks: Tensor; classIndex: Tensor; keep: Tensor }): Conditioning;
  /** Velocity of the flow [B, T, latentChannels]. */
  velocity(p: Parameters, parts: { noisyLatents: Tensor; time: Tensor; condition: Conditioning }): Tensor;
}

/** The names of parameters begin with `codec.`, `encoder.` or `generator.`: one weights file each. */
export function buildModel(config: ModelConfig): OnsetModel {
  const { generator, classes } = config;
  const encoder = flowEncoder(config.encoder);
  const codec = spectralCodec(config.codec);
  const embeddings = embeddingsOf(config);
  const denoiser: DiffusionTransformerConfig = {
    ...generator,
    latentChannels: codec.latentChannels,
    conditioning: generator.conditioning ?? 'dense',
    position: embeddings.position,
  };
  return {
    config,
    embeddings,
    soundClasses: embeddings.class ? classes : [],
    encoder,
    codec: {
      ...codec,
      encode: (p, sound) => p.in('codec', () => codec.encode(p, sound)),
      decode: (p, latents, noise) => p.in('codec', () => codec.decode(p, latents, noise)),
    },
    tokens: (p, visualFeatures) => p.in('encoder', () => encoder.encode(p, visualFeatures, generator.width)),
    heads: (p, tokens) => p.in('encoder', () => alignmentHeads(p, tokens, classes.length)),
    condition: (p, parts) =>
      p.in('generator', () => embedCondition(p, { ...parts, classes: classes.length, embeddings })),
    velocity: (p, { noisyLatents, time, condition }) =>
      p.in('generator', () => diffusionTransformer(p, denoiser, { noisyLatents, time, ...condition })),
  };
}
