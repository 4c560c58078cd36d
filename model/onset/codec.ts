/** Sound to latents and back. */

import type { Tensor } from '../../engine/engine.js';
import type { Parameters } from '../networks/index.js';

/** Where a decoder's noise comes from: the same seed gives the same noise at the same place of the sound. */
export interface DecoderNoise {
  /** u32 [2]. */
  seed: Tensor;
  /** u32 [1]: the place of the first latent frame in the whole sound, so that windows of it have its noise. */
  firstFrame: Tensor;
  /** Samples of the sound to draw for each item of the batch, with noise of their own; 1 unless given. */
  samples?: number;
}

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
  /** Whether the decoder draws noise: then `decode` needs it. */
  readonly stochastic: boolean;
  /** Mono sound [B, S] at `sampleRate`, S a multiple of `samplesPerLatent` → latents [B, S/samplesPerLatent, latentChannels]. */
  encode(p: Parameters, sound: Tensor): Tensor;
  /**
   * Latents [B, T, latentChannels] → sound [samples·B, T·samplesPerLatent], the first sample of every item before the second.
   * @throws {CodecError} when a stochastic decoder is not given noise
   */
  decode(p: Parameters, latents: Tensor, noise?: DecoderNoise): Tensor;
}
