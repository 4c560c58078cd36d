/** The transformer that stands after a residual layer (diffusers' Transformer2DModel with one block). */

import { add, gelu, mul, reshape, split, type Tensor } from '../../engine/engine.js';
import { convolve2d, groupNormalise, layerNormalise, linear } from './layers.js';
import { multiHeadAttention } from './multi-head.js';
import type { Parameters } from './parameters.js';
import type { UnetConfig } from './unet-config.js';

/** What pixels look at: tokens [B, T, context], and perhaps a mask [B, 1, 1, T] to add to the scores. */
export interface Context {
  tokens: Tensor;
  mask?: Tensor;
}

const GROUP_EPSILON = 1e-6;

/** x [B, H, W, C] → the same shape: pixels look at each other, then at the context (null: nothing to see), then think. */
export function transformer(
  p: Parameters,
  name: string,
  config: UnetConfig,
  { x, heads, context }: { x: Tensor; heads: number; context: Context | null },
): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const pixels = [batch, height * width, channels];
  const project = (part: string, h: Tensor): Tensor =>
    config.linearProjection ? linear(p, part, h, channels) : convolve2d(p, part, h, channels, { kernel: [1, 1] });
  return p.in(name, () => {
    const before = project('proj_in', groupNormalise(p, 'norm', x, config.groups, GROUP_EPSILON));
    const after = p.in('transformer_blocks.0', () => block(p, reshape(before, pixels), heads, context));
    return add(project('proj_out', reshape(after, x.shape)), x);
  });
}

/** [B, N, C] → [B, N, C] */
function block(p: Parameters, x: Tensor, heads: number, context: Context | null): Tensor {
  const among = layerNormalise(p, 'norm1', x);
  let h = add(attend(p, 'attn1', among, heads, { tokens: among }), x);
  h = add(context ? attend(p, 'attn2', layerNormalise(p, 'norm2', h), heads, context) : nothingSeen(p, h), h);
  return add(feedForward(p, layerNormalise(p, 'norm3', h)), h);
}

function attend(p: Parameters, name: string, x: Tensor, heads: number, { tokens, mask }: Context): Tensor {
  const channels = x.shape[2]!;
  return p.in(name, () => {
    const q = linear(p, 'to_q', x, channels, { bias: false });
    const k = linear(p, 'to_k', tokens, channels, { bias: false });
    const v = linear(p, 'to_v', tokens, channels, { bias: false });
    return linear(p, 'to_out.0', multiHeadAttention({ q, k, v }, heads, mask), channels);
  });
}

/** What attention to tokens of zeros gives: keys and values have no bias, so that only the output's own is left. */
function nothingSeen(p: Parameters, x: Tensor): Tensor {
  const channels = x.shape[2]!;
  return p.in('attn2.to_out.0', () => p.get('bias', [channels], { kind: 'fanIn', fan: channels }));
}

/** GEGLU (Shazeer 2020) to four times the channels and back. */
function feedForward(p: Parameters, x: Tensor): Tensor {
  const channels = x.shape[2]!;
  return p.in('ff.net', () => {
    const [value, gate] = split(linear(p, '0.proj', x, 8 * channels), 2, [4 * channels, 4 * channels]);
    return linear(p, '2', mul(value!, gelu(gate!)), channels);
  });
}
