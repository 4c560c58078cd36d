/**
 * A small convolutional network that hears what a sound is of: log-mel spectra in, an embedding and class logits out.
 * Residual blocks with group norm (He et al., "Identity Mappings in Deep Residual Networks", 2016) over time and frequency,
 * then the mean and the maximum over time.
 */

import { z } from 'zod';
import { add, addScalar, concat, logMel, max, mean, reshape, scale, silu, type Tensor } from '../../engine/engine.js';
import { convolve2d, groupNormalise, linear } from './layers.js';
import type { Parameters } from './parameters.js';

export interface AudioTaggerConfig {
  /** Mel bands, a multiple of 32. */
  bands: number;
  /** Channels at each resolution, the first the finest: multiples of 8. */
  channels: [number, number, number, number];
  /** Length of the embedding. */
  embedding: number;
  /** Names of the classes, in the order of the logits. */
  classes: string[];
}

const size = z.number().int().positive();

export const audioTaggerConfig: z.ZodType<AudioTaggerConfig> = z.strictObject({
  bands: size.multipleOf(32),
  channels: z.tuple([size.multipleOf(8), size.multipleOf(8), size.multipleOf(8), size.multipleOf(8)]),
  embedding: size,
  classes: z
    .array(z.string().min(1))
    .min(2)
    .refine((names) => new Set(names).size === names.length, 'names a class twice'),
});

/** Samples a second of the sounds that the tagger takes. */
export const TAGGER_SAMPLE_RATE = 16_000;
/** Samples from one spectrum to the next: 20 ms. */
const HOP = 320;
/** Samples of a spectrum: 64 ms, which separates partials from about 30 Hz on. */
const FFT = 1024;
/** Neighboring bands that are channels of one place of the first convolution. */
const FOLDED_BANDS = 4;
/** Channels of one group of the norms. */
const GROUP = 8;

/**
 * The tagger's input: natural logarithms of mel magnitudes, floor 1e-4, of sound [B, S] in [−1, 1] at TAGGER_SAMPLE_RATE, S
 * a multiple of 320 → [B, S/320, bands].
 */
export function taggerMel(sound: Tensor, { bands }: AudioTaggerConfig): Tensor {
  return logMel(sound, { sampleRate: TAGGER_SAMPLE_RATE, nFft: FFT, hop: HOP, bands, lowest: 20, framing: 'same' });
}

/** Log-mel spectra [B, T, bands], T a multiple of 8 → embedding [B, embedding] and logits [B, classes]. */
export function audioTagger(
  p: Parameters,
  { bands, channels, embedding, classes }: AudioTaggerConfig,
  mel: Tensor,
): { embedding: Tensor; logits: Tensor } {
  const [batch, frames] = mel.shape as [number, number];
  const normalized = addScalar(scale(mel, 0.25), 1);
  const folded = reshape(normalized, [batch, frames, bands / FOLDED_BANDS, FOLDED_BANDS]);
  let x = convolve2d(p, 'input', folded, channels[0], { kernel: [3, 3] });
  for (const [i, width] of channels.slice(1).entries()) {
    x = p.in(`level${i}`, () => {
      const halved = convolve2d(p, 'down', normAct(p, 'down-norm', x), width, { kernel: [3, 3], stride: 2 });
      return add(halved, convolve2d(p, 'conv', normAct(p, 'norm', halved), width, { kernel: [3, 3] }));
    });
  }
  const [, steps, rows, width] = x.shape as [number, number, number, number];
  const overTime = reshape(normAct(p, 'norm', x), [batch, steps, rows * width]);
  const pooled = concat([mean(overTime, 1), max(overTime, 1)], 1);
  const embedded = linear(p, 'embedding', pooled, embedding);
  return { embedding: embedded, logits: linear(p, 'classes', silu(embedded), classes.length) };
}

const normAct = (p: Parameters, name: string, x: Tensor): Tensor =>
  silu(groupNormalise(p, name, x, x.shape[3]! / GROUP));
