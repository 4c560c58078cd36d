/** What the rest of the model asks of a codec: sound to latents at 25 Hz, and back. */

import type { Tensor } from '../../engine/engine.js';
import type { Parameters } from '../networks/parameters.js';

export interface Codec {
  readonly latentChannels: number;
  /** Samples of sound to one latent frame; 640 at 16 kHz is 25 Hz. */
  readonly samplesPerLatent: number;
  /** Latent frames on each side that can influence one frame of sound: what windows must overlap by. */
  readonly context: number;
  /** Latent frames on each side whose sound can influence one latent frame. */
  readonly encoderContext: number;
  /** Mono sound [B, S] at 16 kHz, S a multiple of `samplesPerLatent` → latents [B, S/samplesPerLatent, latentChannels]. */
  encode(p: Parameters, sound: Tensor): Tensor;
  /** Latents [B, T, latentChannels] → sound [B, T·samplesPerLatent]. */
  decode(p: Parameters, latents: Tensor): Tensor;
}
