/**
 * EfficientNet-Lite (Tan & Le 2019, in the Lite form of the TPU model garden: ReLU6, no squeeze-and-excitation): an
 * image classifier. Inverted residual blocks (Sandler et al. 2018) with batch norm folded into the convolutions; parameters
 * have the names of the PyTorch package `efficientnet-lite-pytorch`.
 */

import { add, clamp, mean, type Tensor } from '../../engine/engine.js';
import { convolve2d, linear } from './layers.js';
import type { Parameters } from './parameters.js';

export interface LiteStage {
  /** Pixels a side of the depthwise kernels. */
  kernel: 3 | 5;
  /** Of the first block; the others have 1. */
  stride: 1 | 2;
  /** Expansion ratio: channels within a block over those that it takes. */
  expansion: number;
  /** Output channels of its blocks. */
  channels: number;
  repeats: number;
}

export interface EfficientNetLiteConfig {
  /** Pixels a side of an image. */
  size: number;
  /** Channels of the first convolution. */
  stem: number;
  stages: readonly LiteStage[];
  /** Features of an image. */
  head: number;
  classes: number;
}

/** EfficientNet-Lite0 for ImageNet-1k: 4,652,008 parameters with those of batch norm. */
export const EFFICIENTNET_LITE0: EfficientNetLiteConfig = {
  size: 224,
  stem: 32,
  stages: [
    { kernel: 3, stride: 1, expansion: 1, channels: 16, repeats: 1 },
    { kernel: 3, stride: 2, expansion: 6, channels: 24, repeats: 2 },
    { kernel: 5, stride: 2, expansion: 6, channels: 40, repeats: 2 },
    { kernel: 3, stride: 2, expansion: 6, channels: 80, repeats: 3 },
    { kernel: 5, stride: 1, expansion: 6, channels: 112, repeats: 3 },
    { kernel: 5, stride: 2, expansion: 6, channels: 192, repeats: 4 },
    { kernel: 3, stride: 1, expansion: 6, channels: 320, repeats: 1 },
  ],
  head: 1280,
  classes: 1000,
};

export interface LiteTensors {
  /** [T, head]. */
  features: Tensor;
  /** [T, classes]. */
  logits: Tensor;
}

/** RGB images [T, size, size, 3], normalized as (byte − 127) / 128. */
export function efficientNetLite(p: Parameters, config: EfficientNetLiteConfig, images: Tensor): LiteTensors {
  let x = relu6(convolveSame(p, '_conv_stem', images, config.stem, { kernel: 3, stride: 2 }));
  let block = 0;
  for (const { repeats, stride, ...stage } of config.stages) {
    for (let i = 0; i < repeats; i++) {
      const shape = { ...stage, stride: i === 0 ? stride : 1 };
      x = p.in(`_blocks.${block++}`, () => invertedResidual(p, x, shape));
    }
  }
  x = relu6(convolveSame(p, '_conv_head', x, config.head));
  const features = mean(x, [1, 2]);
  return { features, logits: linear(p, '_fc', features, config.classes) };
}

/** Expand, depthwise convolution, project; and the residual where the block keeps its input's shape. */
function invertedResidual(
  p: Parameters,
  x: Tensor,
  { kernel, stride, expansion, channels }: Omit<LiteStage, 'repeats'>,
): Tensor {
  const width = x.shape[3]! * expansion;
  const expanded = expansion === 1 ? x : relu6(convolveSame(p, '_expand_conv', x, width));
  const depthwise = relu6(convolveSame(p, '_depthwise_conv', expanded, width, { kernel, stride, groups: width }));
  const projected = convolveSame(p, '_project_conv', depthwise, channels);
  return stride === 1 && x.shape[3] === channels ? add(projected, x) : projected;
}

/** TensorFlow's "same" padding: ⌈size / stride⌉ outputs, and an odd zero comes after. Images are square. */
function convolveSame(
  p: Parameters,
  name: string,
  x: Tensor,
  out: number,
  { kernel = 1, stride = 1, groups = 1 }: { kernel?: number; stride?: number; groups?: number } = {},
): Tensor {
  const size = x.shape[1]!;
  const zeros = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  const [before, after] = [zeros >> 1, zeros - (zeros >> 1)];
  return convolve2d(p, name, x, out, {
    kernel: [kernel, kernel],
    stride,
    groups,
    padding: [before, after, before, after],
  });
}

const relu6 = (x: Tensor): Tensor => clamp(x, 0, 6);
