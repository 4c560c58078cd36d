/** The blocks of the U-Net: down, middle, up. */

import { concat, resize, type Tensor } from '../../engine/engine.js';
import { convolve2d } from './layers.js';
import type { Parameters } from './parameters.js';
import type { UnetConfig, UnetLevel } from './unet-config.js';
import { resnet } from './unet-resnet.js';
import { type Context, transformer } from './unet-transformer.js';

export interface Conditions {
  /** Embedding of the timestep after a SiLU, [B, E]. */
  time: Tensor;
  context: Context | null;
}

/** x [B, H, W, C] → what each layer gives, and last, where the block shrinks, the half of it: all of them are kept. */
export function downBlock(
  p: Parameters,
  config: UnetConfig,
  level: UnetLevel,
  { x, shrinks, time, context }: Conditions & { x: Tensor; shrinks: boolean },
): Tensor[] {
  const { channels: out, heads } = level;
  const given: Tensor[] = [];
  let h = x;
  for (let j = 0; j < config.layers; j++) {
    h = resnet(p, `resnets.${j}`, config, { x: h, time, out });
    if (level.attendsDown) h = transformer(p, `attentions.${j}`, config, { x: h, heads, context });
    given.push(h);
  }
  if (shrinks) given.push(convolve2d(p, 'downsamplers.0.conv', h, out, { kernel: [3, 3], stride: 2 }));
  return given;
}

/** [B, H, W, C] → the same shape. */
export function midBlock(
  p: Parameters,
  config: UnetConfig,
  { channels: out, heads }: UnetLevel,
  { x, time, context }: Conditions & { x: Tensor },
): Tensor {
  const first = resnet(p, 'resnets.0', config, { x, time, out });
  const seen = transformer(p, 'attentions.0', config, { x: first, heads, context });
  return resnet(p, 'resnets.1', config, { x: seen, time, out });
}

/**
 * Takes what the layers on the way down gave from the end of `kept`, each beside its own layer here. `growsTo` [rows,
 * columns] is the size of the next level: twice this one, or one less where that level's is odd; null at the last.
 */
export function upBlock(
  p: Parameters,
  config: UnetConfig,
  level: UnetLevel,
  {
    x,
    kept,
    growsTo,
    time,
    context,
  }: Conditions & { x: Tensor; kept: readonly Tensor[]; growsTo: readonly [number, number] | null },
): Tensor {
  const { channels: out, heads } = level;
  let h = x;
  for (const [j, skip] of [...kept].reverse().entries()) {
    h = resnet(p, `resnets.${j}`, config, { x: concat([h, skip], 3), time, out });
    if (level.attendsUp) h = transformer(p, `attentions.${j}`, config, { x: h, heads, context });
  }
  if (!growsTo) return h;
  return convolve2d(p, 'upsamplers.0.conv', resize(h, growsTo, 'nearest'), out, { kernel: [3, 3] });
}
