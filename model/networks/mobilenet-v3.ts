/**
 * MobileNetV3-Large (Howard et al. 2019) over log-mel spectrograms, as the audio tagger EfficientAT has it (Schmid et al.
 * 2023): one input channel, squeeze-and-excitation with a sigmoid, and widths from a tenth to four times the paper's. Batch
 * norm is folded into the convolutions; parameters have the names of the published checkpoints.
 */

import { add, hardSwish, mean, mul, relu, reshape, sigmoid, type Tensor } from '../../engine/engine.js';
import { convolve2d, linear } from './layers.js';
import type { Parameters } from './parameters.js';

export interface MobileNetV3Block {
  /** Of the depthwise convolution. */
  kernel: 3 | 5;
  stride: 1 | 2;
  /** Channels within the block. */
  expanded: number;
  /** Output channels. */
  channels: number;
  /** Whether channels are weighted by squeeze-and-excitation. */
  squeezes: boolean;
  activation: 'relu' | 'hardSwish';
}

export interface MobileNetV3Config {
  /** Channels of the first convolution. */
  stem: number;
  blocks: readonly MobileNetV3Block[];
  /** Features of a spectrogram. */
  head: number;
  /** Units of the classifier's hidden layer. */
  hidden: number;
  classes: number;
}

/** Table 1 of the paper: kernel, expanded channels, output channels, squeeze-and-excitation, hard-swish, stride. */
const LARGE = [
  [3, 16, 16, false, false, 1],
  [3, 64, 24, false, false, 2],
  [3, 72, 24, false, false, 1],
  [5, 72, 40, true, false, 2],
  [5, 120, 40, true, false, 1],
  [5, 120, 40, true, false, 1],
  [3, 240, 80, false, true, 2],
  [3, 200, 80, false, true, 1],
  [3, 184, 80, false, true, 1],
  [3, 184, 80, false, true, 1],
  [3, 480, 112, true, true, 1],
  [3, 672, 112, true, true, 1],
  [5, 672, 160, true, true, 2],
  [5, 960, 160, true, true, 1],
  [5, 960, 160, true, true, 1],
] as const;

const HIDDEN = 1280;
/** Output channels of the last convolution over those of the last block. */
const HEAD_FACTOR = 6;
/** Channels of a layer over those to which squeeze-and-excitation reduces them. */
const SQUEEZE = 4;

/** Sizes for a `width` that multiplies the channels of the paper's table: .4 for EfficientAT's `mn04_as`. */
export function mobileNetV3Config(width: number, classes: number): MobileNetV3Config {
  const scaled = (channels: number): number => nearestMultipleOf8(channels * width);
  const blocks = LARGE.map(
    ([kernel, expanded, channels, squeezes, hard, stride]): MobileNetV3Block => ({
      kernel,
      stride,
      expanded: scaled(expanded),
      channels: scaled(channels),
      squeezes,
      activation: hard ? 'hardSwish' : 'relu',
    }),
  );
  return {
    stem: scaled(16),
    blocks,
    head: HEAD_FACTOR * blocks.at(-1)!.channels,
    hidden: scaled(HIDDEN),
    classes,
  };
}

/** The `width` of a network by the units of its classifier's hidden layer. */
export const mobileNetV3Width = (hidden: number): number => hidden / HIDDEN;

/** `make_divisible` of the reference code: at least 8, and never less than nine tenths of `channels`. */
function nearestMultipleOf8(channels: number): number {
  const nearest = Math.max(8, 8 * Math.floor((channels + 4) / 8));
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

export interface MobileNetV3Tensors {
  /** [B, head]. */
  features: Tensor;
  /** [B, classes], before the sigmoid. */
  logits: Tensor;
}

/** Spectrograms [B, bands, frames, 1] of any size. */
export function mobileNetV3(p: Parameters, config: MobileNetV3Config, spectrograms: Tensor): MobileNetV3Tensors {
  let x = hardSwish(convolve2d(p, 'features.0.0', spectrograms, config.stem, { kernel: [3, 3], stride: 2 }));
  for (const [i, block] of config.blocks.entries()) {
    x = p.in(`features.${i + 1}.block`, () => invertedResidual(p, x, block));
  }
  const last = config.blocks.length + 1;
  x = hardSwish(convolve2d(p, `features.${last}.0`, x, config.head, { kernel: [1, 1] }));
  const features = mean(x, [1, 2]);
  const hidden = hardSwish(linear(p, 'classifier.2', features, config.hidden));
  return { features, logits: linear(p, 'classifier.5', hidden, config.classes) };
}

/** Expand, depthwise convolution, weight the channels, project; and the residual where the block keeps its input's shape. */
function invertedResidual(p: Parameters, x: Tensor, block: MobileNetV3Block): Tensor {
  const { kernel, stride, expanded, channels } = block;
  const activation = block.activation === 'relu' ? relu : hardSwish;
  // The reference code counts the layers of a block, and leaves out those that it does not have.
  let layer = 0;
  let y = x;
  if (expanded !== x.shape[3]) y = activation(convolve2d(p, `${layer++}.0`, y, expanded, { kernel: [1, 1] }));
  y = activation(convolve2d(p, `${layer++}.0`, y, expanded, { kernel: [kernel, kernel], stride, groups: expanded }));
  if (block.squeezes) y = p.in(`${layer++}.conc_se_layers.0`, () => squeezeExcitation(p, y));
  y = convolve2d(p, `${layer}.0`, y, channels, { kernel: [1, 1] });
  return stride === 1 && x.shape[3] === channels ? add(y, x) : y;
}

/** Squeeze-and-excitation over channels (Hu et al. 2018): each is multiplied by a weight that follows from all their means. */
function squeezeExcitation(p: Parameters, x: Tensor): Tensor {
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const squeezed = relu(linear(p, 'fc1', mean(x, [1, 2]), nearestMultipleOf8(Math.floor(channels / SQUEEZE))));
  const weights = sigmoid(linear(p, 'fc2', squeezed, channels));
  return mul(x, reshape(weights, [batch, 1, 1, channels]));
}
