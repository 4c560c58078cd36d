/**
 * diffusers' UNet2DConditionModel (Rombach et al. 2022): a U-Net over latents that takes its condition by cross-attention to
 * tokens. Parameters have the names of that class.
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
   * Tokens [B, T, crossAttentionDim]. Null, for the unconditional branch of guidance, is exactly the same as tokens that are
   * all zeros, but computes no cross-attention.
   */
  tokens: Tensor | null;
  /** 1 for a token, 0 for padding, [B, T] f32; absent: all are tokens. */
  mask?: Tensor;
}

/** Added to the scores of padding. */
const MASKED_SCORE = -1e4;

/**
 * The network's prediction (VTA-LDM's: velocity), [B, H, W, outChannels]. `onStage` is called with the output of each stage:
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
  const temb = silu(stage('time_embedding', timeEmbedding(p, config, timestep)));
  const context = tokens && { tokens, ...(mask && { mask: additiveMask(mask) }) };
  const conditions: Conditions = { temb, context };

  let h = stage('conv_in', convolve2d(p, 'conv_in', latent, levels[0]!.channels, { kernel: [3, 3] }));
  const skips = [h];
  for (const [i, level] of levels.entries()) {
    const downsample = i < levels.length - 1;
    skips.push(...p.in(`down_blocks.${i}`, () => downBlock(p, config, level, { x: h, downsample, ...conditions })));
    h = stage(`down_blocks.${i}`, skips.at(-1)!);
  }
  h = stage(
    'mid_block',
    p.in('mid_block', () => midBlock(p, config, levels.at(-1)!, { x: h, ...conditions })),
  );
  for (const [i, level] of [...levels].reverse().entries()) {
    const blockSkips = skips.splice(-config.layersPerBlock - 1);
    const upsampleSize = skips.length > 0 ? spatialSize(skips.at(-1)!) : null;
    const name = `up_blocks.${i}`;
    h = stage(
      name,
      p.in(name, () => upBlock(p, config, level, { x: h, skips: blockSkips, upsampleSize, ...conditions })),
    );
  }
  const normed = silu(groupNormalise(p, 'conv_norm_out', h, config.normNumGroups, config.normEps));
  return convolve2d(p, 'conv_out', normed, config.outChannels, { kernel: [3, 3] });
}

const spatialSize = (x: Tensor): [number, number] => [x.shape[1]!, x.shape[2]!];

/** [B, T] → [B, 1, 1, T]: 0 for a token, a large negative number for padding. */
function additiveMask(mask: Tensor): Tensor {
  const [batch, length] = mask.shape as [number, number];
  return reshape(mul(sub(1, mask), MASKED_SCORE), [batch, 1, 1, length]);
}
