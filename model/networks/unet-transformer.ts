/** The transformer after a ResNet layer (diffusers' Transformer2DModel with one BasicTransformerBlock). */

import { add, gelu, mul, reshape, split, type Tensor } from '../../engine/engine.js';
import { multiHeadAttention } from './attention.js';
import { convolve2d, groupNormalise, layerNormalise, linear } from './layers.js';
import type { Parameters } from './parameters.js';
import type { UnetConfig } from './unet-config.js';

/** Keys and values of cross-attention: tokens [B, T, crossAttentionDim], and an additive mask [B, 1, 1, T] if padded. */
export interface Context {
  tokens: Tensor;
  mask?: Tensor;
}

const NORM_EPS = 1e-6;

/**
 * x [B, H, W, C] → the same shape: self-attention over the pixels, cross-attention to the context, feed-forward. A null
 * context is one of zeros.
 */
export function transformer(
  p: Parameters,
  name: string,
  config: UnetConfig,
  { x, heads, context }: { x: Tensor; heads: number; context: Context | null },
): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const sequence = [batch, height * width, channels];
  const project = (part: string, h: Tensor): Tensor =>
    config.useLinearProjection ? linear(p, part, h, channels) : convolve2d(p, part, h, channels, { kernel: [1, 1] });
  return p.in(name, () => {
    const projected = project('proj_in', groupNormalise(p, 'norm', x, config.normNumGroups, NORM_EPS));
    const transformed = p.in('transformer_blocks.0', () => block(p, reshape(projected, sequence), heads, context));
    return add(project('proj_out', reshape(transformed, x.shape)), x);
  });
}

/** [B, N, C] → [B, N, C]. */
function block(p: Parameters, x: Tensor, heads: number, context: Context | null): Tensor {
  const normed = layerNormalise(p, 'norm1', x);
  let h = add(attend(p, 'attn1', normed, heads, { tokens: normed }), x);
  h = add(context ? attend(p, 'attn2', layerNormalise(p, 'norm2', h), heads, context) : zeroContextAttention(p, h), h);
  return add(feedForward(p, layerNormalise(p, 'norm3', h)), h);
}

/** Queries from x [B, N, C], keys and values from the tokens → [B, N, C]. */
function attend(p: Parameters, name: string, x: Tensor, heads: number, { tokens, mask }: Context): Tensor {
  const channels = x.shape[2]!;
  return p.in(name, () => {
    const q = linear(p, 'to_q', x, channels, { bias: false });
    const k = linear(p, 'to_k', tokens, channels, { bias: false });
    const v = linear(p, 'to_v', tokens, channels, { bias: false });
    return linear(p, 'to_out.0', multiHeadAttention({ q, k, v }, heads, mask), channels);
  });
}

/** Cross-attention to tokens of zeros: keys and values have no bias, so only the bias of the output projection is left. */
function zeroContextAttention(p: Parameters, x: Tensor): Tensor {
  const channels = x.shape[2]!;
  return p.in('attn2.to_out.0', () => p.get('bias', [channels], { kind: 'fanIn', fan: channels }));
}

/** Feed-forward with GEGLU (Shazeer 2020), four times as wide inside. */
function feedForward(p: Parameters, x: Tensor): Tensor {
  const channels = x.shape[2]!;
  return p.in('ff.net', () => {
    const [value, gate] = split(linear(p, '0.proj', x, 8 * channels), 2, [4 * channels, 4 * channels]);
    return linear(p, '2', mul(value!, gelu(gate!)), channels);
  });
}
