/** What the rest of the model asks of a visual encoder: what is seen, to one token a latent frame. */

import type { Tensor } from '../../engine/engine.js';
import type { Parameters } from '../networks/parameters.js';

export interface Encoder {
  /** Shape of what is seen in `frames` latent frames of one window, without the batch. */
  inputShape(frames: number): number[];
  /** Seen [B, ...inputShape(T)] → tokens [B, T, width]. */
  encode(p: Parameters, seen: Tensor, width: number): Tensor;
}
