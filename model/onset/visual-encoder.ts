/** A visual encoder: visual features to one token a latent frame. */

import type { Tensor } from '../../engine/engine.js';
import type { Parameters } from '../networks/index.js';

export interface Encoder {
  /** Shape of the visual features of `frames` latent frames, without the batch. */
  inputShape(frames: number): number[];
  /** Visual features [B, ...inputShape(T)] → tokens [B, T, width]. */
  encode(p: Parameters, visualFeatures: Tensor, width: number): Tensor;
}
