/**
 * A one-dimensional diffusion transformer (DiT, Peebles & Xie 2023) over latent frames. The conditioning is added to the
 * latents frame by frame, so that the output is aligned in time with the visual tokens (by VTA-LDM's cross-attention alone it
 * is not).
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

export interface DiffusionTransformerConfig {
  width: number;
  blocks: number;
  heads: number;
  /** Channels of a latent frame. */
  latentChannels: number;
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
  global: Tensor;
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
  const condition = silu(add(timeEmbedding(p, time, width), global));
  const modulation = reshape(linear(p, 'modulation', condition, 6 * width), [batch, 1, 6 * width]);
  let h = add(linear(p, 'input', noisyLatents, width), aligned);
  for (let i = 0; i < blocks; i++) h = p.in(`block${i}`, () => block(p, config, h, modulation));
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

/** A DiT block, [B, T, width] → the same shape; `modulation` [B, 1, 6·width] is shared by all blocks (adaLN-single). */
function block(p: Parameters, config: DiffusionTransformerConfig, x: Tensor, modulation: Tensor): Tensor {
  const { width, heads } = config;
  const [batch, length] = x.shape as [number, number];
  const blockModulation = p.get('modulation', [1, 1, 6 * width], { kind: 'normal', deviation: 0.02 });
  const [shift1, scale1, gate1, shift2, scale2, gate2] = chunks(add(modulation, blockModulation), 6);

  let h = modulate(layerNorm(x), shift1!, scale1!);
  h = add(h, convolve1d(p, 'local', h, width, { kernel: 3, groups: width }));
  const [q, k, v] = chunks(linear(p, 'qkv', h, 3 * width), 3).map((part) =>
    permute(reshape(part, [batch, length, heads, width / heads]), [0, 2, 1, 3]),
  );
  const attnOut = reshape(permute(attention(rope(q!), rope(k!), v!), [0, 2, 1, 3]), [batch, length, width]);
  const attended = add(x, mul(gate1!, linear(p, 'project', attnOut, width)));

  const hidden = gelu(linear(p, 'widen', modulate(layerNorm(attended), shift2!, scale2!), 4 * width));
  return add(attended, mul(gate2!, linear(p, 'narrow', hidden, width)));
}

const modulate = (x: Tensor, shift: Tensor, scale: Tensor): Tensor => add(mul(x, addScalar(scale, 1)), shift);

/** Equal parts along the last axis. */
function chunks(x: Tensor, count: number): Tensor[] {
  const size = x.shape.at(-1)! / count;
  return split(x, -1, new Array<number>(count).fill(size));
}
