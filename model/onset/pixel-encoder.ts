/**
 * The pixel pathway: grey frames at 25 Hz and their changes to both neighbours, through four strided convolutions, then
 * the same temporal stack as the flow pathway (recipe §3).
 */

import { reshape, silu } from '../../engine/engine.js';
import { convolve2d, groupNormalise, linear } from '../networks/layers.js';
import { temporalBlock } from './flow-encoder.js';
import type { Encoder } from './visual-encoder.js';

/** Grey − 0.5, change from the frame before, change to the frame after (both ×4). */
export const PIXEL_FEATURES = 3;

export interface PixelEncoderConfig {
  /** Width and height of the pictures; a multiple of 16. */
  size: number;
  /** Channels after each of the four convolutions. */
  channels: [number, number, number, number];
  temporal: number;
}

export function pixelEncoder(config: PixelEncoderConfig): Encoder {
  const { size, channels, temporal } = config;
  return {
    inputShape: (frames) => [frames, size, size, PIXEL_FEATURES],
    encode(p, seen, width) {
      const [batch, frames] = seen.shape as [number, number];
      let x = reshape(seen, [batch * frames, size, size, PIXEL_FEATURES]);
      for (const [i, out] of channels.entries()) {
        x = silu(groupNormalise(p, `norm${i}`, convolve2d(p, `conv${i}`, x, out, { kernel: [3, 3], stride: 2 }), 8));
      }
      const flat = (size / 16) ** 2 * channels[3];
      let h = linear(p, 'flat', reshape(x, [batch, frames, flat]), temporal);
      for (const dilation of [1, 2, 4]) h = p.in(`time${dilation}`, () => temporalBlock(p, h, dilation));
      return linear(p, 'tokens', h, width);
    },
  };
}
