/**
 * The codec's decoder: features at 25 Hz, then 100 Hz, then spectra for an inverse STFT (after Vocos, Siuzdak 2023). A
 * stochastic decoder adds three sources of what latents do not say: noise beside the features, white noise shaped by a head of
 * magnitudes (both recipe §2b), and tones with random phases (tonal-branch.ts).
 */

import {
  add,
  concat,
  cos,
  exp,
  istft,
  minimum,
  mul,
  reshape,
  scale,
  sin,
  split,
  type Tensor,
} from '../../engine/engine.js';
import { convNextStack, convolve1d, layerNormalise, linear, type Parameters, upsample1d } from '../networks/index.js';
import type { DecoderNoise } from './codec.js';
import { complexSpectrum, noiseFrames, repeat, STREAMS } from './decoder-noise.js';
import type { SpectralCodecConfig } from './spectral-codec.js';
import { tonalBranch } from './tonal-branch.js';

export interface DecoderFraming {
  /** Samples from one spectrum to the next. */
  hop: number;
  /** Spectra to a latent frame. */
  stride: number;
  /** Absent: a deterministic decoder. */
  noise: DecoderNoise | undefined;
}

/** Latents [B, T, C] → sound [samples·B, T·stride·hop]. */
export function decodeSpectra(
  p: Parameters,
  latents: Tensor,
  { width, decoderFft, blocks, noiseChannels, tonalFft }: SpectralCodecConfig,
  { hop, stride, noise }: DecoderFraming,
): Tensor {
  const coarse = convNextStack(p, 'coarse', convolve1d(p, 'input', latents, width, { kernel: 7 }), blocks[2]);
  const lifted = upsample1d(p, 'up', coarse, width, stride);
  const fine = (h: Tensor): Tensor => layerNormalise(p, 'norm', convNextStack(p, 'fine', h, blocks[3]));
  const framing = { nFft: decoderFft, hop, framing: 'same' } as const;
  if (!noise || noiseChannels === undefined) return istft(spectrumOf(p, fine(lifted), decoderFft), framing);
  const repeated = repeat(lifted, noise.samples ?? 1);
  const [batch, frames] = repeated.shape as [number, number];
  const white = noiseFrames([batch, frames, noiseChannels], noise, { stream: STREAMS.features, stride });
  const features = fine(add(repeated, linear(p, 'noise', white, width, { bias: false, zero: true })));
  const sound = istft(noisySpectrumOf(p, features, decoderFft, { stride, noise }), framing);
  if (tonalFft === undefined) return sound;
  return add(sound, tonalBranch(p, coarse, features, { fft: tonalFft, hop, stride, noise }));
}

/** One head of log magnitudes and phases → spectrum [B, T, bins, 2]. */
function spectrumOf(p: Parameters, features: Tensor, fft: number): Tensor {
  const bins = fft / 2 + 1;
  const heads = linear(p, 'spectrum', features, 2 * bins);
  const [batch, frames] = heads.shape as [number, number];
  const [logMagnitude, phase] = split(heads, 2, [bins, bins]) as [Tensor, Tensor];
  const magnitude = scale(exp(minimum(logMagnitude, 6)), 0.1);
  const part = (wave: (x: Tensor) => Tensor): Tensor => reshape(mul(magnitude, wave(phase)), [batch, frames, bins, 1]);
  return concat([part(cos), part(sin)], 3);
}

/**
 * Two heads, log magnitudes and phases of a spectrum, and log magnitudes that complex white noise is multiplied by; the sum of
 * both, [B, T, fft/2 + 1, 2].
 */
function noisySpectrumOf(
  p: Parameters,
  features: Tensor,
  fft: number,
  { stride, noise }: { stride: number; noise: DecoderNoise },
): Tensor {
  // The bin at half the sample rate stays empty, so that rows are whole vectors of 4.
  const bins = fft / 2;
  const heads = linear(p, 'spectrum', features, 3 * bins);
  const [batch, frames] = heads.shape as [number, number];
  const [logMagnitude, phase, logNoise] = split(heads, 2, [bins, bins, bins]) as [Tensor, Tensor, Tensor];
  const magnitude = scale(exp(minimum(logMagnitude, 6)), 0.1);
  // The noise starts e² below the first head; its real and imaginary parts share a power of 1.
  const noiseMagnitude = scale(exp(minimum(logNoise, 6)), 0.1 * Math.exp(-2) * Math.SQRT1_2);
  const part = (wave: (x: Tensor) => Tensor, stream: number): Tensor => {
    const white = noiseFrames([batch, frames, bins], noise, { stream, stride });
    return add(mul(magnitude, wave(phase)), mul(noiseMagnitude, white));
  };
  return complexSpectrum(part(cos, STREAMS.real), part(sin, STREAMS.imaginary));
}
