/**
 * The denoiser of the published VTA-LDM model: diffusers' UNet2DConditionModel (Rombach et al. 2022), whose pixels look at
 * the visual tokens by cross-attention alone. Its parameters have the names of that class.
 */

import { mul, reshape, silu, sub, type Tensor } from '../../engine/engine.js';
import { convolve2d, groupNormalise } from './layers.js';
import type { Parameters } from './parameters.js';
import { timeEmbedding } from './time-embedding.js';
import { type Conditions, downBlock, midBlock, upBlock } from './unet-blocks.js';
import type { UnetConfig } from './unet-config.js';

export { type UnetConfig, unetConfig } from './unet-config.js';

export interface UnetInputs {
  /** Noisy latents [B, H, W, inChannels]. */
  latent: Tensor;
  /** Timesteps [B], f32 or u32. */
  timestep: Tensor;
  /**
   * Visual tokens [B, T, context]. Null, for the unconditional branch of guidance, is exactly the same as tokens that are all
   * zeros, but computes no cross-attention.
   */
  tokens: Tensor | null;
  /** 1 for a token, 0 for padding, [B, T] f32; absent: all are tokens. */
  mask?: Tensor;
}

/** Added to the score of padding. */
const SHUT_OUT = -1e4;

/**
 * What the network predicts (the released one: velocity), [B, H, W, outChannels]. `onStage` is told what each stage gives:
 * `conv_in`, `time_embedding`, `down_blocks.I`, `mid_block`, `up_blocks.I`.
 */
export function unet2dCondition(
  p: Parameters,
  config: UnetConfig,
  { latent, timestep, tokens, mask }: UnetInputs,
  onStage: (stage: string, value: Tensor) => void = () => {},
): Tensor {
  const { levels } = config;
  const stage = (name: string, value: Tensor): Tensor => {
    onStage(name, value);
    return value;
  };
  const time = silu(stage('time_embedding', timeEmbedding(p, config, timestep)));
  const context = tokens && { tokens, ...(mask && { mask: additiveMask(mask) }) };
  const conditions: Conditions = { time, context };

  let h = stage('conv_in', convolve2d(p, 'conv_in', latent, levels[0]!.channels, { kernel: [3, 3] }));
  const kept = [h];
  for (const [i, level] of levels.entries()) {
    const shrinks = i < levels.length - 1;
    kept.push(...p.in(`down_blocks.${i}`, () => downBlock(p, config, level, { x: h, shrinks, ...conditions })));
    h = stage(`down_blocks.${i}`, kept.at(-1)!);
  }
  h = stage(
    'mid_block',
    p.in('mid_block', () => midBlock(p, config, levels.at(-1)!, { x: h, ...conditions })),
  );
  for (const [i, level] of [...levels].reverse().entries()) {
    const own = kept.splice(-config.layers - 1);
    const growsTo = kept.length > 0 ? sizeOfPicture(kept.at(-1)!) : null;
    const name = `up_blocks.${i}`;
    h = stage(
      name,
      p.in(name, () => upBlock(p, config, level, { x: h, kept: own, growsTo, ...conditions })),
    );
  }
  const last = silu(groupNormalise(p, 'conv_norm_out', h, config.groups, config.epsilon));
  return convolve2d(p, 'conv_out', last, config.outChannels, { kernel: [3, 3] });
}

const sizeOfPicture = (x: Tensor): [number, number] => [x.shape[1]!, x.shape[2]!];

/** [B, T] → [B, 1, 1, T]: 0 for a token, a large negative number for padding. */
function additiveMask(mask: Tensor): Tensor {
  const [batch, length] = mask.shape as [number, number];
  return reshape(mul(sub(1, mask), SHUT_OUT), [batch, 1, 1, length]);
}
