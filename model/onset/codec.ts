/** A codec: sound to latents and back. */

import type { Tensor } from '../../engine/engine.js';
import type { Parameters } from '../networks/index.js';

export interface Codec {
  /** Hz. */
  readonly sampleRate: number;
  readonly latentChannels: number;
  /** Samples of sound to one latent frame; 640 at 16 kHz is 25 Hz. */
  readonly samplesPerLatent: number;
  /** Receptive field of the decoder: latent frames on each side of a frame of sound, by which windows must overlap. */
  readonly context: number;
  /** Receptive field of the encoder: latent frames on each side of a latent frame. */
  readonly encoderContext: number;
  /** Mono sound [B, S] at `sampleRate`, S a multiple of `samplesPerLatent` → latents [B, S/samplesPerLatent, latentChannels]. */
  encode(p: Parameters, sound: Tensor): Tensor;
  /** Latents [B, T, latentChannels] → sound [B, T·samplesPerLatent]. */
  decode(p: Parameters, latents: Tensor): Tensor;
}
