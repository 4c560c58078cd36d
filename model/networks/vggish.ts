/**
 * VGGish (Hershey et al. 2017): embeddings of .96 s of sound by a VGG network on log-mel spectrograms. Parameters have the
 * names of the PyTorch port `torchvggish`. What the release of AudioSet does to embeddings afterwards (PCA, 8 bits) is not
 * done.
 */

import { relu, reshape, type Tensor } from '../../engine/engine.js';
import { convolve2d, linear } from './layers.js';
import type { Parameters } from './parameters.js';
import { maxPool2x2 } from './pooling.js';
import { splitLayer } from './split-layer.js';

/** Frames (10 ms each) and mel bands of an example. */
export const VGGISH_EXAMPLE = { frames: 96, bands: 64 } as const;

export interface VggishConfig {
  /** Output channels of the six convolutions. */
  channels: readonly number[];
  /** Units of the first two fully connected layers. */
  hidden: readonly [number, number];
  embedding: number;
  /** Bytes of a layer's weights at most; wider layers come in parts. */
  mostBytes: number;
}

/** Places of the convolutions in the port's `features`, and whether pooling follows. */
export const VGGISH_CONVOLUTIONS = [
  { place: 0, pools: true },
  { place: 3, pools: true },
  { place: 6, pools: false },
  { place: 8, pools: true },
  { place: 11, pools: false },
  { place: 13, pools: true },
] as const;

/** Log-mel examples [B, 96, 64, 1] → embeddings [B, embedding], after the last ReLU. */
export function vggish(p: Parameters, config: VggishConfig, examples: Tensor): Tensor {
  let x = examples;
  for (const [i, { place, pools }] of VGGISH_CONVOLUTIONS.entries()) {
    x = relu(convolve2d(p, `features.${place}`, x, config.channels[i]!, { kernel: [3, 3] }));
    if (pools) x = maxPool2x2(x);
  }
  // The port puts channels last here too, to agree with the weights of the original.
  x = reshape(x, [x.shape[0]!, -1]);
  for (const [i, width] of [...config.hidden, config.embedding].entries()) {
    const inputs = x.shape[1]!;
    const layer = { name: `embeddings.${2 * i}`, outputs: width, inputs, mostBytes: config.mostBytes };
    x = splitLayer(layer, (name, outputs) => relu(linear(p, name, x, outputs)));
  }
  return x;
}
