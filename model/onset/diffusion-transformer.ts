/**
 * A one-dimensional diffusion transformer (DiT, Peebles & Xie 2023) over latent frames. Conditioning stands beside the
 * latents frame by frame: what is seen at a time is added to what sounds at that time, 1:1, so that the model can see time
 * (VTA-LDM's cross-attention alone cannot).
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
import { convolve1d, linear } from '../networks/layers.js';
import type { Parameters } from '../networks/parameters.js';

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
  noisy: Tensor;
  /** Flow time [B] in [0, 1]: 0 is noise, 1 is data. */
  time: Tensor;
  /** Conditioning aligned 1:1 with the latents [B, T, width]. */
  aligned: Tensor;
  /** Conditioning of the whole clip [B, width], such as the sound class. */
  global: Tensor;
}

/** Velocity [B, T, latentChannels] of the rectified flow at `noisy`, `time`. */
export function diffusionTransformer(
  p: Parameters,
  config: DiffusionTransformerConfig,
  inputs: DenoiserInputs,
): Tensor {
  const { width, blocks } = config;
  const { noisy, time, aligned, global } = inputs;
  const batch = noisy.shape[0]!;
  const condition = silu(add(timeEmbedding(p, time, width), global));
  const shared = reshape(linear(p, 'modulation', condition, 6 * width), [batch, 1, 6 * width]);
  let h = add(linear(p, 'input', noisy, width), aligned);
  for (let i = 0; i < blocks; i++) h = p.in(`block${i}`, () => block(p, config, h, shared));
  const [shift, gain] = chunks(reshape(linear(p, 'final-modulation', condition, 2 * width), [batch, 1, 2 * width]), 2);
  return linear(p, 'output', modulate(layerNorm(h), shift!, gain!), config.latentChannels, { zero: true });
}

/** Sinusoids of 1000·t at 128 frequencies, then a two-layer network. [B] → [B, width]. */
function timeEmbedding(p: Parameters, time: Tensor, width: number): Tensor {
  const frequencies = Float32Array.from(
    { length: TIME_FREQUENCIES },
    (_, i) => 1000 * Math.exp((-Math.log(1e4) * i) / TIME_FREQUENCIES),
  );
  const angles = mul(reshape(time, [time.shape[0]!, 1]), time.graph.constant(frequencies, [1, TIME_FREQUENCIES]));
  const waves = concat([cos(angles), sin(angles)], 1);
  return p.in('time', () => linear(p, 'second', silu(linear(p, 'first', waves, width)), width));
}

function block(p: Parameters, config: DiffusionTransformerConfig, x: Tensor, shared: Tensor): Tensor {
  const { width, heads } = config;
  const [batch, length] = x.shape as [number, number];
  const own = p.get('modulation', [1, 1, 6 * width], { kind: 'normal', deviation: 0.02 });
  const [shift1, gain1, gate1, shift2, gain2, gate2] = chunks(add(shared, own), 6);

  let h = modulate(layerNorm(x), shift1!, gain1!);
  h = add(h, convolve1d(p, 'local', h, width, { kernel: 3, groups: width }));
  const qkv = chunks(linear(p, 'qkv', h, 3 * width), 3).map((part) =>
    permute(reshape(part, [batch, length, heads, width / heads]), [0, 2, 1, 3]),
  );
  const mixed = attention(rope(qkv[0]!), rope(qkv[1]!), qkv[2]!);
  const joined = reshape(permute(mixed, [0, 2, 1, 3]), [batch, length, width]);
  const attended = add(x, mul(gate1!, linear(p, 'project', joined, width)));

  const wide = gelu(linear(p, 'widen', modulate(layerNorm(attended), shift2!, gain2!), 4 * width));
  return add(attended, mul(gate2!, linear(p, 'narrow', wide, width)));
}

const modulate = (x: Tensor, shift: Tensor, gain: Tensor): Tensor => add(mul(x, addScalar(gain, 1)), shift);

/** Equal parts along the last axis. */
function chunks(x: Tensor, count: number): Tensor[] {
  const size = x.shape.at(-1)! / count;
  return split(x, -1, new Array<number>(count).fill(size));
}
