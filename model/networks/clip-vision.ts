/**
 * CLIP's vision transformer (Radford et al. 2021) over single frames, and VTA-LDM's linear layer to the width of its denoiser's
 * context. Parameters have the names of transformers' CLIPVisionModelWithProjection.
 */

import { z } from 'zod';
import { add, broadcastTo, concat, quickGelu, reshape, slice, type Tensor } from '../../engine/engine.js';
import { multiHeadAttention } from './attention.js';
import { convolve2d, layerNormalise, linear } from './layers.js';
import type { Parameters } from './parameters.js';

/** The fields of transformers' CLIPVisionConfig that affect the arithmetic. */
export interface ClipVisionConfig {
  /** Width of a token. */
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  intermediate_size: number;
  num_channels: number;
  /** Pixels a side of a patch, and of a frame. */
  patch_size: number;
  image_size: number;
  /** Width of an image embedding. */
  projection_dim: number;
  hidden_act: 'quick_gelu';
  layer_norm_eps: number;
}

const size = z.number().int().positive();

/** Parses a CLIPVisionConfig; absent fields are as in ViT-L/14, and those without effect on inference are left out. */
export const clipVisionConfig: z.ZodType<ClipVisionConfig> = z
  .object({
    hidden_size: size.default(1024),
    num_hidden_layers: size.default(24),
    num_attention_heads: size.default(16),
    intermediate_size: size.default(4096),
    num_channels: size.default(3),
    patch_size: size.default(14),
    image_size: size.default(224),
    projection_dim: size.default(768),
    hidden_act: z.literal('quick_gelu').default('quick_gelu'),
    layer_norm_eps: z.number().positive().default(1e-5),
  })
  .refine((c) => c.hidden_size % c.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    message: 'the heads do not divide hidden_size',
  })
  .refine((c) => c.image_size % c.patch_size === 0, {
    path: ['patch_size'],
    message: 'whole patches do not fill image_size',
  });

export interface VisionTensors {
  /** Image embeddings [T, projection_dim]. */
  embeds: Tensor;
  /** One token a frame, [T, width]. */
  tokens: Tensor;
}

/**
 * VTA-LDM's conditioning: frames [T, S, S, channels] in [0, 1] through `clip_vision` and `linear_layer` (which the release
 * never trained, but depends on).
 */
export function clipVisionTokens(
  p: Parameters,
  config: ClipVisionConfig,
  frames: Tensor,
  width: number,
): VisionTensors {
  const embeds = p.in('clip_vision', () => clipVision(p, config, frames));
  return { embeds, tokens: linear(p, 'linear_layer', embeds, width) };
}

/**
 * Image embeddings [T, projection_dim] of frames [T, S, S, channels] in [0, 1]. They are not of length 1, and the frames are
 * not normalised by CLIP's mean and deviation: the release does neither. `onStage` is called with the output of each stage:
 * `embeddings`, and `layers.I` (of the last layer, only the class token).
 */
export function clipVision(
  p: Parameters,
  config: ClipVisionConfig,
  frames: Tensor,
  onStage: (stage: string, value: Tensor) => void = () => {},
): Tensor {
  const { num_hidden_layers: layers, layer_norm_eps: eps, hidden_size: width } = config;
  const count = frames.shape[0]!;
  const pooled = p.in('vision_model', () => {
    // Every checkpoint spells the name so.
    let x = layerNormalise(
      p,
      'pre_layrnorm',
      p.in('embeddings', () => embed(p, config, frames)),
      eps,
    );
    onStage('embeddings', x);
    for (let i = 0; i < layers; i++) {
      // Only the class token of the last layer is read.
      const queries = i === layers - 1 ? 1 : x.shape[1]!;
      x = p.in(`encoder.layers.${i}`, () => encoderLayer(p, config, x, queries));
      onStage(`layers.${i}`, x);
    }
    return layerNormalise(p, 'post_layernorm', reshape(x, [count, width]), eps);
  });
  return linear(p, 'visual_projection', pooled, config.projection_dim, { bias: false });
}

/** The class token and one token a patch, plus position embeddings: [T, S, S, channels] → [T, 1 + patches, width]. */
function embed(p: Parameters, config: ClipVisionConfig, frames: Tensor): Tensor {
  const { hidden_size: width, patch_size: patch } = config;
  const count = frames.shape[0]!;
  const patches = (config.image_size / patch) ** 2;
  const patchEmbeds = convolve2d(p, 'patch_embedding', frames, width, {
    kernel: [patch, patch],
    stride: patch,
    padding: [0, 0, 0, 0],
    bias: false,
  });
  const initial = { kind: 'normal', deviation: 0.02 } as const;
  const classEmbeds = broadcastTo(p.get('class_embedding', [width], initial), [count, 1, width]);
  const positions = p.get('position_embedding.weight', [1 + patches, width], initial);
  return add(concat([classEmbeds, reshape(patchEmbeds, [count, patches, width])], 1), positions);
}

/** A pre-norm transformer layer, [T, N, width] → its first `queries` tokens. */
function encoderLayer(p: Parameters, config: ClipVisionConfig, x: Tensor, queries: number): Tensor {
  const { hidden_size: width, layer_norm_eps: eps } = config;
  const normed = layerNormalise(p, 'layer_norm1', x, eps);
  const attnOut = p.in('self_attn', () => {
    const q = linear(p, 'q_proj', slice(normed, 1, 0, queries), width);
    const k = linear(p, 'k_proj', normed, width);
    const v = linear(p, 'v_proj', normed, width);
    return linear(p, 'out_proj', multiHeadAttention({ q, k, v }, config.num_attention_heads), width);
  });
  const h = add(attnOut, slice(x, 1, 0, queries));
  const mlpIn = layerNormalise(p, 'layer_norm2', h, eps);
  const mlpOut = p.in('mlp', () =>
    linear(p, 'fc2', quickGelu(linear(p, 'fc1', mlpIn, config.intermediate_size)), width),
  );
  return add(mlpOut, h);
}
