/**
 * A one-dimensional diffusion transformer (DiT, Peebles & Xie 2023) over latent frames. The conditioning is added to the
 * latents frame by frame, so that the output is aligned in time with the visual tokens (by VTA-LDM's cross-attention alone it
 * is not). For comparison it can be given by cross-attention instead.
 */

import {
  add,
  addScalar,
  attention,
  concat,
  cos,
  gelu,
  layerNorm,
  mul,
  permute,
  reshape,
  rope,
  silu,
  sin,
  split,
  type Tensor,
} from '../../engine/engine.js';
import { convolve1d, linear, type Parameters } from '../networks/index.js';
import type { ConditioningKind } from './config.js';

export interface DiffusionTransformerConfig {
  width: number;
  blocks: number;
  heads: number;
  /** Channels of a latent frame. */
  latentChannels: number;
  /** `dense`: added to the latents of the same time; `cross-attention`: each block attends to the conditions of all times. */
  conditioning: ConditioningKind;
  /**
   * Whether attention is given positions (RoPE): queries and keys of self-attention, and of cross-attention, which without
   * them sees the conditions as a set and cannot tell their times, as in VTA-LDM.
   */
  position: boolean;
}

const TIME_FREQUENCIES = 128;

export interface DenoiserInputs {
  /** Noisy latents [B, T, latentChannels]. */
  noisyLatents: Tensor;
  /** Flow time [B] in [0, 1]: 0 is noise, 1 is data. */
  time: Tensor;
  /** Conditioning aligned 1:1 with the latents [B, T, width]. */
  aligned: Tensor;
  /** Conditioning of the whole clip [B, width], such as the sound class. */
  global?: Tensor | undefined;
}

/** Velocity [B, T, latentChannels] of the rectified flow at `noisyLatents` and `time`. */
export function diffusionTransformer(
  p: Parameters,
  config: DiffusionTransformerConfig,
  inputs: DenoiserInputs,
): Tensor {
  const { width, blocks } = config;
  const { noisyLatents, time, aligned, global } = inputs;
  const batch = noisyLatents.shape[0]!;
  const timed = timeEmbedding(p, time, width);
  const condition = silu(global ? add(timed, global) : timed);
  const modulation = reshape(linear(p, 'modulation', condition, 6 * width), [batch, 1, 6 * width]);
  const dense = config.conditioning === 'dense';
  let h = linear(p, 'input', noisyLatents, width);
  if (dense) h = add(h, aligned);
  for (let i = 0; i < blocks; i++) {
    h = p.in(`block${i}`, () => block(p, config, { x: h, modulation, context: dense ? undefined : aligned }));
  }
  const [shift, scale] = chunks(reshape(linear(p, 'final-modulation', condition, 2 * width), [batch, 1, 2 * width]), 2);
  return linear(p, 'output', modulate(layerNorm(h), shift!, scale!), config.latentChannels, { zero: true });
}

/** Sinusoids of 1000·t at 128 frequencies, then a two-layer network. [B] → [B, width]. */
function timeEmbedding(p: Parameters, time: Tensor, width: number): Tensor {
  const frequencies = Float32Array.from(
    { length: TIME_FREQUENCIES },
    (_, i) => 1000 * Math.exp((-Math.log(1e4) * i) / TIME_FREQUENCIES),
  );
  const angles = mul(reshape(time, [time.shape[0]!, 1]), time.graph.constant(frequencies, [1, TIME_FREQUENCIES]));
  const encoded = concat([cos(angles), sin(angles)], 1);
  return p.in('time', () => linear(p, 'second', silu(linear(p, 'first', encoded, width)), width));
}

interface BlockInputs {
  /** [B, T, width]. */
  x: Tensor;
  /** [B, 1, 6·width], shared by all blocks (adaLN-single). */
  modulation: Tensor;
  /** What cross-attention attends to, [B, T, width]; without, there is none. */
  context: Tensor | undefined;
}

/** A DiT block, [B, T, width] → the same shape. */
function block(p: Parameters, config: DiffusionTransformerConfig, { x, modulation, context }: BlockInputs): Tensor {
  const { width } = config;
  const blockModulation = p.get('modulation', [1, 1, 6 * width], { kind: 'normal', deviation: 0.02 });
  const [shift1, scale1, gate1, shift2, scale2, gate2] = chunks(add(modulation, blockModulation), 6);

  let h = modulate(layerNorm(x), shift1!, scale1!);
  h = add(h, convolve1d(p, 'local', h, width, { kernel: 3, groups: width }));
  const attnOut = attendInHeads(chunks(linear(p, 'qkv', h, 3 * width), 3), config);
  const attended = add(x, mul(gate1!, linear(p, 'project', attnOut, width)));
  const informed = context ? add(attended, crossAttention(p, config, attended, context)) : attended;

  const hidden = gelu(linear(p, 'widen', modulate(layerNorm(informed), shift2!, scale2!), 4 * width));
  return add(informed, mul(gate2!, linear(p, 'narrow', hidden, width)));
}

/** Attention of the latents to the context, as PixArt-α places it (Chen et al. 2023): its output begins as zero. */
function crossAttention(p: Parameters, config: DiffusionTransformerConfig, x: Tensor, context: Tensor): Tensor {
  const { width } = config;
  return p.in('cross', () => {
    const q = linear(p, 'q', layerNorm(x), width);
    const attended = attendInHeads([q, ...chunks(linear(p, 'kv', context, 2 * width), 2)], config);
    return linear(p, 'project', attended, width, { zero: true });
  });
}

/** Multi-head attention of queries, keys and values [B, T, width] → [B, T, width]. */
function attendInHeads(
  queriesKeysValues: readonly Tensor[],
  { width, heads, position }: DiffusionTransformerConfig,
): Tensor {
  const [batch, length] = queriesKeysValues[0]!.shape as [number, number];
  const [q, k, v] = queriesKeysValues.map((part) =>
    permute(reshape(part, [batch, length, heads, width / heads]), [0, 2, 1, 3]),
  );
  const attended = position ? attention(rope(q!), rope(k!), v!) : attention(q!, k!, v!);
  return reshape(permute(attended, [0, 2, 1, 3]), [batch, length, width]);
}

const modulate = (x: Tensor, shift: Tensor, scale: Tensor): Tensor => add(mul(x, addScalar(scale, 1)), shift);

/** Equal parts along the last axis. */
function chunks(x: Tensor, count: number): Tensor[] {
  const size = x.shape.at(-1)! / count;
  return split(x, -1, new Array<number>(count).fill(size));
}
