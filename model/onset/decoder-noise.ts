/** Random numbers of the codec's stochastic decoder, a function of seed and place in the sound alone. */

import {
  broadcastTo,
  concat,
  pad,
  randomNormal,
  randomUniform,
  reshape,
  slice,
  type Tensor,
} from '../../engine/engine.js';
import type { DecoderNoise } from './codec.js';

/** Streams of the decoder's random numbers; that of the generator's latents is 0. */
export const STREAMS = { features: 16, real: 17, imaginary: 18, tonalPhase: 19, tonalPitch: 20 } as const;

/** Random numbers come in fours. */
const wholeFours = (count: number): number => 4 * Math.ceil(count / 4);

/** White noise for spectra, `stride` of them to a latent frame: [batch, frames, length]. */
export function noiseFrames(
  [batch, frames, length]: readonly [number, number, number],
  { seed, firstFrame }: DecoderNoise,
  { stream, stride }: { stream: number; stride: number },
): Tensor {
  const drawn = wholeFours(length);
  const row = { at: firstFrame, length: drawn * stride };
  return slice(randomNormal(seed.graph, [batch, frames, drawn], { seed, stream, row }), 2, 0, length);
}

/** Uniform numbers in [0, 1) that are the same at every place: [batch, 1, length]. */
export function noiseOfSound(
  [batch, length]: readonly [number, number],
  { seed }: DecoderNoise,
  { stream }: { stream: number },
): Tensor {
  return slice(randomUniform(seed.graph, [batch, 1, wholeFours(length)], { seed, stream }), 2, 0, length);
}

/** [B, ...] → [samples·B, ...], the whole batch again for each sample. */
export function repeat(x: Tensor, samples: number): Tensor {
  const [batch, ...rest] = x.shape as [number, ...number[]];
  const once = reshape(x, [1, batch, ...rest]);
  return reshape(broadcastTo(once, [samples, batch, ...rest]), [samples * batch, ...rest]);
}

/** Real and imaginary parts [B, T, bins] of all bins but the last, which stays empty → spectrum [B, T, bins + 1, 2]. */
export function complexSpectrum(real: Tensor, imaginary: Tensor): Tensor {
  const parts = [real, imaginary].map((part) => reshape(part, [...part.shape, 1]));
  return pad(concat(parts, 3), [
    [0, 0],
    [0, 0],
    [0, 1],
    [0, 0],
  ]);
}
