/**
 * CNN14 of the pretrained audio neural networks (PANNs; Kong et al. 2020, table II): a tagger of AudioSet's classes on
 * log-mel spectrograms. Batch norm is folded into the convolutions; parameters have the names of the published checkpoints.
 */

import { add, max, mean, mul, relu, reshape, rsqrt, sub, type Tensor } from '../../engine/engine.js';
import { convolve2d, linear } from './layers.js';
import type { Parameters } from './parameters.js';
import { averagePool2x2 } from './pooling.js';
import { splitLayer } from './split-layer.js';

export interface Cnn14Config {
  /** Mel bands. */
  bands: number;
  /** Output channels of the six blocks. */
  channels: readonly number[];
  /** Units of the fully connected layer: values of an embedding. */
  embedding: number;
  classes: number;
  /** Bytes of a convolution's weights at most; wider ones come in parts. */
  mostBytes: number;
}

export interface Cnn14Tensors {
  /** [B, embedding]. */
  embeddings: Tensor;
  /** [B, classes], before the sigmoid. */
  logits: Tensor;
}

/** Of PyTorch's BatchNorm2d. */
const EPSILON = 1e-5;

/** Log-mel spectrograms [B, frames, bands, 1] in decibels; at least 32 frames, which five poolings make one. */
export function cnn14(p: Parameters, config: Cnn14Config, spectrograms: Tensor): Cnn14Tensors {
  let x = p.in('bn0', () => normaliseBands(p, spectrograms));
  for (const [i, channels] of config.channels.entries()) {
    x = p.in(`conv_block${i + 1}`, () => {
      const y = convolve3x3(p, 'conv1', x, channels, config.mostBytes);
      return convolve3x3(p, 'conv2', y, channels, config.mostBytes);
    });
    if (i < config.channels.length - 1) x = averagePool2x2(x);
  }
  const overTime = mean(x, [2]);
  const pooled = add(max(overTime, [1]), mean(overTime, [1]));
  const embeddings = relu(linear(p, 'fc1', pooled, config.embedding));
  return { embeddings, logits: linear(p, 'fc_audioset', embeddings, config.classes) };
}

function convolve3x3(p: Parameters, name: string, x: Tensor, outputs: number, mostBytes: number): Tensor {
  const layer = { name, outputs, inputs: 9 * x.shape[3]!, mostBytes };
  return splitLayer(layer, (part, channels) => relu(convolve2d(p, part, x, channels, { kernel: [3, 3] })));
}

/**
 * Batch norm of each mel band by its running statistics. It cannot be folded into the convolution behind it, whose zeros
 * at the borders are those of the normalized spectrogram.
 */
function normaliseBands(p: Parameters, x: Tensor): Tensor {
  const [batch, frames, bands] = x.shape as [number, number, number];
  const vector = (name: string, initial: 'zeros' | 'ones'): Tensor => p.get(name, [bands], { kind: initial });
  const deviations = sub(reshape(x, [batch, frames, bands]), vector('running_mean', 'zeros'));
  const gain = mul(vector('weight', 'ones'), rsqrt(add(vector('running_var', 'ones'), EPSILON)));
  return reshape(add(mul(deviations, gain), vector('bias', 'zeros')), x.shape);
}
