/**
 * The spectral autoencoder: log-mel in, latents at 25 Hz, and a decoder that writes magnitudes and phases for an inverse
 * STFT (after Vocos, Siuzdak 2023). Everything runs at frame rate, so it is far cheaper than a waveform vocoder.
 */

import {
  addScalar,
  concat,
  cos,
  exp,
  istft,
  logMel,
  minimum,
  mul,
  reshape,
  scale,
  sin,
  slice,
  split,
  type Tensor,
} from '../../engine/engine.js';
import { convNext, convolve1d, layerNormalise, linear, type Parameters, upsample1d } from '../networks/index.js';

/** Hz; of a codec at hand, `codec.sampleRate`. */
export const SAMPLE_RATE = 16_000;
/** Samples to a frame of the spectra: 10 ms. */
const HOP = 160;
const MEL_FFT = 1024;
const LATENT_STRIDE = 4;

/** Sound to latents and back. */
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

export interface SpectralCodecConfig {
  width: number;
  latentChannels: number;
  melBands: number;
  /** FFT size of the decoder's frames; the window is as long. */
  decoderFft: number;
  /** ConvNeXt blocks of the encoder at 100 Hz and 25 Hz, and of the decoder at 25 Hz and 100 Hz. */
  blocks: [number, number, number, number];
}

/** log of the mel magnitudes of frames centred at multiples of 10 ms, [B, S/160, bands]; natural log, floor 1e-4. */
export function logMelFrames(sound: Tensor, bands: number): Tensor {
  const mel = logMel(sound, { sampleRate: SAMPLE_RATE, nFft: MEL_FFT, hop: HOP, bands, lowest: 20 });
  return slice(mel, 1, 0, sound.shape[1]! / HOP);
}

export function spectralCodec(config: SpectralCodecConfig): Codec {
  const { width, latentChannels, melBands, decoderFft, blocks } = config;
  const stack = (p: Parameters, name: string, x: Tensor, count: number): Tensor => {
    let h = x;
    for (let i = 0; i < count; i++) h = convNext(p, `${name}${i}`, h);
    return h;
  };
  return {
    sampleRate: SAMPLE_RATE,
    latentChannels,
    samplesPerLatent: HOP * LATENT_STRIDE,
    // conv k7 and ConvNeXt blocks k7 at 25 Hz reach 3 frames each; blocks at 100 Hz reach 3 fine frames; the window 2 more.
    context:
      3 + 3 * blocks[2] + Math.ceil((3 * blocks[3]) / LATENT_STRIDE) + Math.ceil(decoderFft / (HOP * LATENT_STRIDE)),
    // Blocks k7 at 25 Hz reach 3 frames each; the input conv and blocks at 100 Hz 3 fine frames each; half a mel window the rest.
    encoderContext: 3 * blocks[1] + Math.ceil((3 + 3 * blocks[0] + Math.ceil(MEL_FFT / 2 / HOP)) / LATENT_STRIDE),
    encode(p, sound) {
      return p.in('encoder', () => {
        const mel = addScalar(scale(logMelFrames(sound, melBands), 0.25), 1);
        const fine = stack(p, 'fine', convolve1d(p, 'input', mel, width, { kernel: 7 }), blocks[0]);
        const coarse = convolve1d(p, 'down', fine, width, { kernel: LATENT_STRIDE, stride: LATENT_STRIDE, padding: 0 });
        return convolve1d(p, 'latent', stack(p, 'coarse', coarse, blocks[1]), latentChannels, { kernel: 1 });
      });
    },
    decode(p, latents) {
      return p.in('decoder', () => {
        const coarse = stack(p, 'coarse', convolve1d(p, 'input', latents, width, { kernel: 7 }), blocks[2]);
        const fine = stack(p, 'fine', upsample1d(p, 'up', coarse, width, LATENT_STRIDE), blocks[3]);
        const bins = decoderFft / 2 + 1;
        const heads = linear(p, 'spectrum', layerNormalise(p, 'norm', fine), 2 * bins);
        const [batch, frames] = heads.shape as [number, number];
        const [logMagnitude, phase] = split(heads, 2, [bins, bins]) as [Tensor, Tensor];
        const magnitude = scale(exp(minimum(logMagnitude, 6)), 0.1);
        const part = (wave: (x: Tensor) => Tensor): Tensor =>
          reshape(mul(magnitude, wave(phase)), [batch, frames, bins, 1]);
        const spectrum = concat([part(cos), part(sin)], 3);
        return istft(spectrum, { nFft: decoderFft, hop: HOP, framing: 'same' });
      });
    },
  };
}
