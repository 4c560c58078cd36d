/** The ResNet layer of the U-Net (diffusers' ResnetBlock2D). */

import { add, reshape, silu, type Tensor } from '../../engine/engine.js';
import { convolve2d, groupNormalise, linear } from './layers.js';
import type { Parameters } from './parameters.js';
import type { UnetConfig } from './unet-config.js';

/**
 * x [B, H, W, C] → [B, H, W, out]: norm, SiLU, 3×3 convolution, plus a projection of the timestep embedding; the same
 * again; plus x, through a 1×1 convolution where its channels differ. `temb` [B, E] is the embedding after a SiLU.
 */
export function resnet(
  p: Parameters,
  name: string,
  config: UnetConfig,
  { x, temb, out }: { x: Tensor; temb: Tensor; out: number },
): Tensor {
  const norm = (part: string, h: Tensor): Tensor =>
    silu(groupNormalise(p, part, h, config.normNumGroups, config.normEps));
  return p.in(name, () => {
    const shift = reshape(linear(p, 'time_emb_proj', temb, out), [temb.shape[0]!, 1, 1, out]);
    const h = add(convolve2d(p, 'conv1', norm('norm1', x), out, { kernel: [3, 3] }), shift);
    const residual = convolve2d(p, 'conv2', norm('norm2', h), out, { kernel: [3, 3] });
    return add(x.shape[3] === out ? x : convolve2d(p, 'conv_shortcut', x, out, { kernel: [1, 1] }), residual);
  });
}
