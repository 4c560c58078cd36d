/**
 * The visual encoder: coarse optical flow on an 8×8 grid whose cells share weights, so that motion is learnt once for all
 * positions in the image. Two 50 Hz flow frames make one 25 Hz token. After the cells: attention, maximum and mean over them,
 * then dilated convolutions over time (recipe: a fifth of a pixel encoder's parameters, half its steps).
 */

import { add, concat, matmul, max, mean, permute, reshape, silu, softmax, type Tensor } from '../../engine/engine.js';
import { convolve1d, convolve2d, groupNormalise, linear, type Parameters } from '../networks/index.js';

export const GRID = 8;
/** Features of a cell at 50 Hz: camera-free velocity and its size, mean and top speed, change of light, camera velocity. */
export const CELL_FEATURES = 8;
export const FLOW_PER_TOKEN = 2;

/** Visual features to one token a latent frame. */
export interface VisualEncoder {
  /** Shape of the visual features of `frames` latent frames, without the batch. */
  inputShape(frames: number): number[];
  /** Visual features [B, ...inputShape(T)] → tokens [B, T, width]. */
  encode(p: Parameters, visualFeatures: Tensor, width: number): Tensor;
}

export interface FlowEncoderConfig {
  /** Channels of a cell. */
  cells: number;
  /** Heads of the attention over cells. */
  heads: number;
  /** Channels of the temporal stack. */
  temporal: number;
}

export function flowEncoder(config: FlowEncoderConfig): VisualEncoder {
  const { cells, heads, temporal } = config;
  return {
    inputShape: (frames) => [frames, GRID, GRID, CELL_FEATURES * FLOW_PER_TOKEN],
    encode(p, visualFeatures, width) {
      const [batch, frames] = visualFeatures.shape as [number, number];
      const inTime = [batch, frames, GRID * GRID, cells];
      const inSpace = [batch * frames, GRID, GRID, cells];
      const first = reshape(visualFeatures, [batch, frames, GRID * GRID, CELL_FEATURES * FLOW_PER_TOKEN]);
      let x = cellBlock(p, 'before', convolve2d(p, 'first', first, cells, { kernel: [3, 1] }));
      const around = convolve2d(p, 'around', reshape(x, inSpace), cells, { kernel: [3, 3] });
      x = add(x, cellBlock(p, 'around', reshape(around, inTime)));
      x = add(x, cellBlock(p, 'after', convolve2d(p, 'after', x, cells, { kernel: [5, 1] })));

      const weights = softmax(permute(linear(p, 'attend', x, heads), [0, 1, 3, 2]));
      const attended = reshape(matmul(weights, x), [batch, frames, heads * cells]);
      const pooled = concat([attended, max(x, [2]), mean(x, [2])], 2);
      let h = linear(p, 'pooled', pooled, temporal);
      for (const dilation of [1, 2, 4, 8]) h = p.in(`time${dilation}`, () => temporalBlock(p, h, dilation));
      return linear(p, 'tokens', h, width);
    },
  };
}

const cellBlock = (p: Parameters, name: string, x: Tensor): Tensor => silu(groupNormalise(p, `${name}-norm`, x, 4));

/** Residual: norm, SiLU, dilated conv k5, norm, SiLU, conv k3. */
function temporalBlock(p: Parameters, x: Tensor, dilation: number): Tensor {
  const width = x.shape[2]!;
  const dilated = convolve1d(p, 'wide', silu(groupNormalise(p, 'norm1', x, 8)), width, { kernel: 5, dilation });
  return add(x, convolve1d(p, 'narrow', silu(groupNormalise(p, 'norm2', dilated, 8)), width, { kernel: 3 }));
}
