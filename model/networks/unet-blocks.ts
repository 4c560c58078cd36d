/** The blocks of the U-Net (diffusers' CrossAttnDownBlock2D, UNetMidBlock2DCrossAttn, CrossAttnUpBlock2D and kin). */

import { concat, resize, type Tensor } from '../../engine/engine.js';
import { convolve2d } from './layers.js';
import type { Parameters } from './parameters.js';
import type { UnetConfig, UnetLevel } from './unet-config.js';
import { resnet } from './unet-resnet.js';
import { type Context, transformer } from './unet-transformer.js';

export interface Conditions {
  /** Timestep embedding after a SiLU, [B, E]. */
  temb: Tensor;
  context: Context | null;
}

/** x [B, H, W, C] → the output of each layer, and last, with `downsample`, half of it [B, ⌈H/2⌉, ⌈W/2⌉, C]: the skips. */
export function downBlock(
  p: Parameters,
  config: UnetConfig,
  level: UnetLevel,
  { x, downsample, temb, context }: Conditions & { x: Tensor; downsample: boolean },
): Tensor[] {
  const { channels: out, heads } = level;
  const outputs: Tensor[] = [];
  let h = x;
  for (let j = 0; j < config.layersPerBlock; j++) {
    h = resnet(p, `resnets.${j}`, config, { x: h, temb, out });
    if (level.crossAttnDown) h = transformer(p, `attentions.${j}`, config, { x: h, heads, context });
    outputs.push(h);
  }
  if (downsample) outputs.push(convolve2d(p, 'downsamplers.0.conv', h, out, { kernel: [3, 3], stride: 2 }));
  return outputs;
}

/** [B, H, W, C] → the same shape. */
export function midBlock(
  p: Parameters,
  config: UnetConfig,
  { channels: out, heads }: UnetLevel,
  { x, temb, context }: Conditions & { x: Tensor },
): Tensor {
  const first = resnet(p, 'resnets.0', config, { x, temb, out });
  const attended = transformer(p, 'attentions.0', config, { x: first, heads, context });
  return resnet(p, 'resnets.1', config, { x: attended, temb, out });
}

/**
 * Each layer takes its skip, the last of `skips` first, concatenated to its input. `upsampleSize` [rows, columns] is the size of
 * the next level: twice this one, or one less where that level's is odd; null at the last.
 */
export function upBlock(
  p: Parameters,
  config: UnetConfig,
  level: UnetLevel,
  {
    x,
    skips,
    upsampleSize,
    temb,
    context,
  }: Conditions & { x: Tensor; skips: readonly Tensor[]; upsampleSize: readonly [number, number] | null },
): Tensor {
  const { channels: out, heads } = level;
  let h = x;
  for (const [j, skip] of [...skips].reverse().entries()) {
    h = resnet(p, `resnets.${j}`, config, { x: concat([h, skip], 3), temb, out });
    if (level.crossAttnUp) h = transformer(p, `attentions.${j}`, config, { x: h, heads, context });
  }
  if (!upsampleSize) return h;
  return convolve2d(p, 'upsamplers.0.conv', resize(h, upsampleSize, 'nearest'), out, { kernel: [3, 3] });
}
