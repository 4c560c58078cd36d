/** The HiFi-GAN generator (Kong et al. 2020, arXiv:2010.05646): log mel to waveform. Parameter names are the checkpoint's. */

import { z } from 'zod';
import { add, leakyRelu, reshape, scale, type Tensor, tanh } from '../../engine/engine.js';
import { convolve1d, upsample1d } from './layers.js';
import type { Parameters } from './parameters.js';

export interface HifiGanConfig {
  num_mels: number;
  /** Channels after the first convolution; each upsampling halves them. */
  upsample_initial_channel: number;
  /** Factor and taps of each upsampling. */
  upsample_rates: number[];
  upsample_kernel_sizes: number[];
  /** Taps of each of the residual blocks whose outputs are averaged after an upsampling, and the dilations within. */
  resblock_kernel_sizes: number[];
  resblock_dilation_sizes: number[][];
}

const count = z.number().int().positive();
const odd = count.refine((n) => n % 2 === 1, 'residual blocks keep the length, which needs odd kernels');

/** The defaults are the released model's: 64 mel bands at 100 Hz to 16 kHz. */
export const hifiGanConfig: z.ZodType<HifiGanConfig> = z
  .strictObject({
    num_mels: count.default(64),
    upsample_initial_channel: count.default(1024),
    upsample_rates: z.array(count).min(1).default([5, 4, 2, 2, 2]),
    upsample_kernel_sizes: z.array(count).default([16, 16, 8, 4, 4]),
    resblock_kernel_sizes: z.array(odd).min(1).default([3, 7, 11]),
    resblock_dilation_sizes: z.array(z.array(count).min(1)).default([
      [1, 3, 5],
      [1, 3, 5],
      [1, 3, 5],
    ]),
  })
  .refine((c) => c.upsample_kernel_sizes.length === c.upsample_rates.length, {
    path: ['upsample_kernel_sizes'],
    message: 'give one kernel size for each of upsample_rates',
  })
  .refine((c) => c.upsample_rates.every((rate, i) => c.upsample_kernel_sizes[i]! >= rate), {
    path: ['upsample_kernel_sizes'],
    message: 'a kernel shorter than its rate leaves gaps in the sound',
  })
  .refine((c) => c.resblock_dilation_sizes.length === c.resblock_kernel_sizes.length, {
    path: ['resblock_dilation_sizes'],
    message: 'give one list of dilations for each of resblock_kernel_sizes',
  })
  .refine((c) => c.upsample_initial_channel % 2 ** c.upsample_rates.length === 0, {
    path: ['upsample_initial_channel'],
    message: 'each of upsample_rates halves the channels: give a multiple of 2 to the number of rates',
  });

const SLOPE = 0.1;
/** Before `conv_post` the released model has PyTorch's default slope. */
const LAST_SLOPE = 0.01;

/** Lengths after each upsampling of `frames` mel frames; the last is the number of samples. */
export function hifiGanLengths(config: HifiGanConfig, frames: number): number[] {
  const lengths: number[] = [];
  let length = frames;
  for (const [i, rate] of config.upsample_rates.entries()) {
    const kernel = config.upsample_kernel_sizes[i]!;
    length = (length - 1) * rate + kernel - 2 * ((kernel - rate) >> 1);
    lengths.push(length);
  }
  return lengths;
}

function residualBlock(p: Parameters, name: string, x: Tensor, kernel: number, dilations: readonly number[]): Tensor {
  const channels = x.shape[2]!;
  return p.in(name, () => {
    let h = x;
    for (const [m, dilation] of dilations.entries()) {
      const dilated = convolve1d(p, `convs1.${m}`, leakyRelu(h, SLOPE), channels, { kernel, dilation });
      h = add(h, convolve1d(p, `convs2.${m}`, leakyRelu(dilated, SLOPE), channels, { kernel }));
    }
    return h;
  });
}

/** Log mel [B, M, num_mels] → sound [B, S] within −1 … 1, S the last of `hifiGanLengths`. */
export function hifiGan(p: Parameters, config: HifiGanConfig, mel: Tensor): Tensor {
  const { upsample_rates: rates, resblock_kernel_sizes: kernels } = config;
  return p.in('vocoder', () => {
    let x = convolve1d(p, 'conv_pre', mel, config.upsample_initial_channel, { kernel: 7 });
    for (const [i, rate] of rates.entries()) {
      const kernel = config.upsample_kernel_sizes[i]!;
      const options = { kernel, padding: (kernel - rate) >> 1 };
      const upsampled = upsample1d(p, `ups.${i}`, leakyRelu(x, SLOPE), x.shape[2]! / 2, rate, options);
      const resblockOutputs = kernels.map((size, j) =>
        residualBlock(p, `resblocks.${i * kernels.length + j}`, upsampled, size, config.resblock_dilation_sizes[j]!),
      );
      x = scale(resblockOutputs.reduce(add), 1 / resblockOutputs.length);
    }
    const waveform = tanh(convolve1d(p, 'conv_post', leakyRelu(x, LAST_SLOPE), 1, { kernel: 7 }));
    return reshape(waveform, [waveform.shape[0]!, waveform.shape[1]!]);
  });
}
