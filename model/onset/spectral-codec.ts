/**
 * The spectral autoencoder: log-mel in, latents at 25 Hz, and a decoder that writes spectra for an inverse STFT
 * (spectral-decoder.ts). Everything runs at frame rate, so it is far cheaper than a waveform vocoder.
 */

import { add, addScalar, logMel, scale, slice, stft, type Tensor } from '../../engine/engine.js';
import { convNextStack, convolve1d, linear, type Parameters } from '../networks/index.js';
import type { Codec } from './codec.js';
import { CodecError } from './errors.js';
import { decodeSpectra } from './spectral-decoder.js';

/** Hz; of a codec at hand, `codec.sampleRate`. */
export const SAMPLE_RATE = 16_000;
/** Frames of the spectra a second. */
const FRAME_RATE = 100;
const LATENT_STRIDE = 4;
/** Samples of the mel frames' FFT at 16 kHz. */
const MEL_FFT = 1024;

export interface SpectralCodecConfig {
  width: number;
  latentChannels: number;
  melBands: number;
  /** FFT size of the decoder's frames; the window is as long. */
  decoderFft: number;
  /** ConvNeXt blocks of the encoder at 100 Hz and 25 Hz, and of the decoder at 25 Hz and 100 Hz. */
  blocks: [number, number, number, number];
  /**
   * Noise in the decoder: this many channels of it join the features at 100 Hz, and a second head shapes white noise (recipe
   * §2b). Without, equal latents give equal samples, and steady sound becomes a loop of 40 ms.
   */
  noiseChannels?: number | undefined;
  /**
   * FFT size of a branch for tones, whose partials lie closer than `decoderFft` resolves; it needs noise for their phases.
   * The encoder then sees the spectrum of that size too.
   */
  tonalFft?: number | undefined;
}

/** log of the mel magnitudes of frames centred at multiples of 10 ms, [B, S/160, bands]; natural log, floor 1e-4. */
export function logMelFrames(sound: Tensor, bands: number): Tensor {
  const hop = SAMPLE_RATE / FRAME_RATE;
  const mel = logMel(sound, { sampleRate: SAMPLE_RATE, nFft: MEL_FFT, hop, bands, lowest: 20 });
  return slice(mel, 1, 0, sound.shape[1]! / hop);
}

/** @throws {CodecError} for tones without noise */
export function spectralCodec(config: SpectralCodecConfig): Codec {
  const { latentChannels, decoderFft, blocks, noiseChannels, tonalFft } = config;
  if (tonalFft !== undefined && noiseChannels === undefined) {
    throw new CodecError('codec: a tonal branch draws its phases from noise; set noiseChannels, or leave tonalFft out');
  }
  const hop = SAMPLE_RATE / FRAME_RATE;
  const samplesPerLatent = hop * LATENT_STRIDE;
  const halfTonalFrame = tonalFft === undefined ? 0 : Math.ceil(tonalFft / 2 / samplesPerLatent);
  return {
    sampleRate: SAMPLE_RATE,
    latentChannels,
    samplesPerLatent,
    stochastic: noiseChannels !== undefined,
    // conv k7 and ConvNeXt blocks k7 at 25 Hz reach 3 frames each; blocks at 100 Hz reach 3 fine frames; the window 2 more.
    context:
      3 +
      3 * blocks[2] +
      Math.max(Math.ceil((3 * blocks[3]) / LATENT_STRIDE) + Math.ceil(decoderFft / samplesPerLatent), halfTonalFrame),
    // Blocks k7 at 25 Hz reach 3 frames each; the input conv and blocks at 100 Hz 3 fine frames each; half a mel window the rest.
    encoderContext:
      3 * blocks[1] +
      Math.max(Math.ceil((3 + 3 * blocks[0] + Math.ceil(MEL_FFT / 2 / hop)) / LATENT_STRIDE), halfTonalFrame),
    encode: (p, sound) => p.in('encoder', () => encode(p, sound, config, samplesPerLatent)),
    decode(p, latents, noise) {
      if (noiseChannels !== undefined && !noise) {
        throw new CodecError("codec.decode: this decoder draws noise; give it a seed and the latents' first frame");
      }
      return p.in('decoder', () => decodeSpectra(p, latents, config, { hop, stride: LATENT_STRIDE, noise }));
    },
  };
}

function encode(p: Parameters, sound: Tensor, config: SpectralCodecConfig, samplesPerLatent: number): Tensor {
  const { width, latentChannels, melBands, blocks, tonalFft } = config;
  const mel = addScalar(scale(logMelFrames(sound, melBands), 0.25), 1);
  const fine = convNextStack(p, 'fine', convolve1d(p, 'input', mel, width, { kernel: 7 }), blocks[0]);
  let coarse = convolve1d(p, 'down', fine, width, { kernel: LATENT_STRIDE, stride: LATENT_STRIDE, padding: 0 });
  if (tonalFft !== undefined) {
    const framing = { nFft: tonalFft, hop: samplesPerLatent, framing: 'same' } as const;
    const spectrum = stft(sound, { ...framing, output: 'log', floor: 1e-3 });
    const bins = slice(spectrum, 2, 0, tonalFft / 2);
    coarse = add(coarse, linear(p, 'spectrum', scale(bins, 0.25), width));
  }
  return convolve1d(p, 'latent', convNextStack(p, 'coarse', coarse, blocks[1]), latentChannels, { kernel: 1 });
}
