/**
 * AudioLDM's autoencoder of mel spectra (Liu et al. 2023): the convolutional VAE of latent diffusion (Rombach et al. 2022)
 * with time as rows and mel bands as columns. Parameter names are the checkpoint's.
 */

import { z } from 'zod';
import {
  add,
  clamp,
  exp,
  mul,
  reshape,
  scale,
  silu,
  slice,
  type Tensor,
  upsampleNearest,
} from '../../engine/engine.js';
import { wideAttention } from './attention.js';
import { type Conv2dOptions, convolve2d, groupNormalise } from './layers.js';
import type { Parameters } from './parameters.js';

export interface AudioLdmVaeConfig {
  /** Channels of the finest level, a multiple of 32. */
  ch: number;
  /** Channels of each level, in multiples of `ch`; each level after the first halves time and bands. */
  ch_mult: number[];
  /** Residual blocks a level; the decoder has one more. */
  num_res_blocks: number;
  /** Channels between the 3×3 and the 1×1 convolutions next to the latent, and of the latent itself. */
  z_channels: number;
  embed_dim: number;
  /** Latents are multiplied by this so that their standard deviation is about 1. */
  scale_factor: number;
}

const count = z.number().int().positive();

/** The defaults are the released model's (audioldm-s-full). */
export const audioLdmVaeConfig: z.ZodType<AudioLdmVaeConfig> = z.strictObject({
  ch: count.multipleOf(32, 'ch is normalised in 32 groups: give a multiple of 32').default(128),
  ch_mult: z.array(count).min(1).default([1, 2, 4]),
  num_res_blocks: count.default(2),
  z_channels: count.default(8),
  embed_dim: count.default(8),
  scale_factor: z.number().positive().default(0.9227914214134216),
});

/** Gaussian over latents, before scaling: each [B, H, W, embed_dim]. */
export interface Posterior {
  mean: Tensor;
  /** Logarithm of the variance, within −30 … 20. */
  logvar: Tensor;
}

export interface AudioLdmVae {
  readonly config: AudioLdmVaeConfig;
  /** Rows of mel frames, and bands, to one latent. */
  readonly reduction: number;
  /** Log mel [B, M, bands, 1] → posterior at [M / reduction, bands / reduction]. */
  encode(p: Parameters, mel: Tensor): Posterior;
  /** Scaled latent [B, H, W, embed_dim]: the mean, or a sample where standard normal `noise` of that shape is given. */
  latent(posterior: Posterior, noise?: Tensor): Tensor;
  /** Scaled latent [B, H, W, embed_dim] → log mel [B, H · reduction, W · reduction, 1]. */
  decode(p: Parameters, latent: Tensor): Tensor;
}

const GROUPS = 32;
const KERNEL_3X3: [number, number] = [3, 3];
const KERNEL_1X1: [number, number] = [1, 1];

const norm = (p: Parameters, name: string, x: Tensor): Tensor => groupNormalise(p, name, x, GROUPS, 1e-6);

function residualBlock(p: Parameters, name: string, x: Tensor, out: number): Tensor {
  return p.in(name, () => {
    const h = convolve2d(p, 'conv1', silu(norm(p, 'norm1', x)), out, { kernel: KERNEL_3X3 });
    const y = convolve2d(p, 'conv2', silu(norm(p, 'norm2', h)), out, { kernel: KERNEL_3X3 });
    return add(y, x.shape[3] === out ? x : convolve2d(p, 'nin_shortcut', x, out, { kernel: KERNEL_1X1 }));
  });
}

function attentionBlock(p: Parameters, name: string, x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  return p.in(name, () => {
    const h = norm(p, 'norm', x);
    const [q, k, v] = ['q', 'k', 'v'].map((part) =>
      reshape(convolve2d(p, part, h, channels, { kernel: KERNEL_1X1 }), [batch, height * width, channels]),
    ) as [Tensor, Tensor, Tensor];
    const attended = reshape(wideAttention(q, k, v), x.shape);
    return add(x, convolve2d(p, 'proj_out', attended, channels, { kernel: KERNEL_1X1 }));
  });
}

function midBlock(p: Parameters, x: Tensor): Tensor {
  const channels = x.shape[3]!;
  return p.in('mid', () =>
    residualBlock(p, 'block_2', attentionBlock(p, 'attn_1', residualBlock(p, 'block_1', x, channels)), channels),
  );
}

export function audioLdmVae(config: AudioLdmVaeConfig): AudioLdmVae {
  const { ch, ch_mult: multiples, num_res_blocks: blocks, z_channels: zChannels, embed_dim: latentChannels } = config;
  const levels = multiples.map((m) => ch * m);
  const level = (p: Parameters, side: 'down' | 'up', i: number, x: Tensor, repeats: number): Tensor =>
    p.in(`${side}.${i}`, () => {
      let h = x;
      for (let b = 0; b < repeats; b++) h = residualBlock(p, `block.${b}`, h, levels[i]!);
      return h;
    });
  const convOut = (p: Parameters, x: Tensor, out: number): Tensor =>
    convolve2d(p, 'conv_out', silu(norm(p, 'norm_out', x)), out, { kernel: KERNEL_3X3 });

  return {
    config,
    reduction: 2 ** (levels.length - 1),
    encode(p, mel) {
      const encoded = p.in('encoder', () => {
        let h = convolve2d(p, 'conv_in', mel, ch, { kernel: KERNEL_3X3 });
        for (const [i, channels] of levels.entries()) {
          h = level(p, 'down', i, h, blocks);
          if (i === levels.length - 1) continue;
          // Zeros below and to the right alone, as the checkpoint was trained.
          const options: Conv2dOptions = { kernel: KERNEL_3X3, stride: 2, padding: [0, 1, 0, 1] };
          h = p.in(`down.${i}.downsample`, () => convolve2d(p, 'conv', h, channels, options));
        }
        return convOut(p, midBlock(p, h), 2 * zChannels);
      });
      const moments = convolve2d(p, 'quant_conv', encoded, 2 * latentChannels, { kernel: KERNEL_1X1 });
      return {
        mean: slice(moments, 3, 0, latentChannels),
        logvar: clamp(slice(moments, 3, latentChannels), -30, 20),
      };
    },
    latent({ mean, logvar }, noise) {
      const sample = noise ? add(mean, mul(exp(scale(logvar, 0.5)), noise)) : mean;
      return scale(sample, config.scale_factor);
    },
    decode(p, latent) {
      const x = convolve2d(p, 'post_quant_conv', scale(latent, 1 / config.scale_factor), zChannels, {
        kernel: KERNEL_1X1,
      });
      return p.in('decoder', () => {
        let h = midBlock(p, convolve2d(p, 'conv_in', x, levels.at(-1)!, { kernel: KERNEL_3X3 }));
        for (let i = levels.length - 1; i >= 0; i--) {
          h = level(p, 'up', i, h, blocks + 1);
          if (i === 0) continue;
          const upsampled = upsampleNearest(h, 2);
          h = p.in(`up.${i}.upsample`, () => convolve2d(p, 'conv', upsampled, levels[i]!, { kernel: KERNEL_3X3 }));
        }
        return convOut(p, h, 1);
      });
    },
  };
}
