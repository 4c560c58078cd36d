/**
 * The decoder's branch for tones: magnitudes of a long FFT, one frame to a latent frame, on sinusoids that keep their pitch and
 * run on in phase from frame to frame, and an envelope at 100 Hz so that a strike begins when it begins. Each bin's sinusoid has
 * a random phase and lies a random part of a bin beside its middle, so that partials are on no grid that all sounds share.
 */

import {
  add,
  addScalar,
  cast,
  concat,
  cos,
  exp,
  floor,
  istft,
  matmul,
  minimum,
  mul,
  reshape,
  scale,
  sigmoid,
  sin,
  slice,
  sub,
  type Tensor,
} from '../../engine/engine.js';
import { layerNormalise, linear, type Parameters } from '../networks/index.js';
import type { DecoderNoise } from './codec.js';
import { complexSpectrum, noiseOfSound, repeat, STREAMS } from './decoder-noise.js';

export interface TonalOptions {
  fft: number;
  /** Samples from one frame of `features` to the next. */
  hop: number;
  /** Frames of `features` to one of `coarse`. */
  stride: number;
  noise: DecoderNoise;
}

/** Features at 25 Hz [B, T, width] and 100 Hz [samples·B, stride·T, width] → sound [samples·B, T·stride·hop]. */
export function tonalBranch(
  p: Parameters,
  coarse: Tensor,
  features: Tensor,
  { fft, hop, stride, noise }: TonalOptions,
): Tensor {
  return p.in('tones', () => {
    const [batch] = features.shape as [number];
    const [, frames] = coarse.shape as [number, number];
    // The bin at half the sample rate stays empty, so that rows are whole vectors of 4.
    const bins = fft / 2;
    const logMagnitude = linear(p, 'magnitude', layerNormalise(p, 'norm', coarse), bins);
    const magnitude = repeat(scale(exp(minimum(logMagnitude, 9)), 0.1), noise.samples ?? 1);
    const phase = phases([batch, frames, bins], hop * stride, noise);
    const spectrum = complexSpectrum(mul(magnitude, cos(phase)), mul(magnitude, sin(phase)));
    const tones = istft(spectrum, { nFft: fft, hop: hop * stride, framing: 'same' });
    return mul(tones, envelope(p, features, hop));
  });
}

/** Phases of the bins' sinusoids in the middle of each frame, in radians: [B, T, bins]. */
function phases([batch, frames, bins]: readonly [number, number, number], hop: number, noise: DecoderNoise): Tensor {
  const { graph } = noise.firstFrame;
  const fft = 2 * bins;
  const counted = graph.constant(
    Float32Array.from({ length: frames }, (_, t) => t),
    [frames, 1],
  );
  const frame = add(cast(noise.firstFrame, 'f32'), counted);
  // In turns. A bin's middle advances bin·hop/fft a frame, which repeats every `period` frames: whole multiples stay exact.
  const period = fft / greatestCommonDivisor(fft, hop);
  const withinPeriod = sub(frame, scale(floor(scale(frame, 1 / period)), period));
  const advance = graph.constant(
    Float32Array.from({ length: bins }, (_, bin) => ((bin * hop) % fft) / fft),
    [1, bins],
  );
  const besideMiddle = addScalar(noiseOfSound([batch, bins], noise, { stream: STREAMS.tonalPitch }), -0.5);
  const drift = mul(scale(besideMiddle, hop / fft), frame);
  const start = noiseOfSound([batch, bins], noise, { stream: STREAMS.tonalPhase });
  const turns = add(add(mul(withinPeriod, advance), drift), start);
  return scale(sub(turns, floor(turns)), 2 * Math.PI);
}

/** One gain a frame, from 0 to 1, interpolated between the middles of frames: [B, T·hop]. */
function envelope(p: Parameters, features: Tensor, hop: number): Tensor {
  const [batch, frames] = features.shape as [number, number];
  const gain = sigmoid(linear(p, 'envelope', features, 1));
  const before = concat([slice(gain, 1, 0, 1), slice(gain, 1, 0, frames - 1)], 1);
  const after = concat([slice(gain, 1, 1, frames), slice(gain, 1, frames - 1, frames)], 1);
  const weights = new Float32Array(3 * hop);
  for (let i = 0; i < hop; i++) {
    const fromMiddle = (i + 0.5) / hop - 0.5;
    weights[i] = Math.max(0, -fromMiddle);
    weights[hop + i] = 1 - Math.abs(fromMiddle);
    weights[2 * hop + i] = Math.max(0, fromMiddle);
  }
  const around = concat([before, gain, after], 2);
  return reshape(matmul(around, p.graph.constant(weights, [3, hop])), [batch, frames * hop]);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
