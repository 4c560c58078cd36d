/** The U-Net's timestep embedding (diffusers' Timesteps and TimestepEmbedding): sinusoids, then a network of two layers. */

import {
  add,
  cast,
  concat,
  cos,
  floor,
  mul,
  reshape,
  scale,
  silu,
  sin,
  sub,
  type Tensor,
} from '../../engine/engine.js';
import { linear } from './layers.js';
import type { Parameters } from './parameters.js';
import type { UnetConfig } from './unet-config.js';

const MAX_PERIOD = 1e4;

/**
 * Timesteps [B], f32 or u32, → embedding [B, 4·C] of C, the channels of the first level, named `time_embedding.linear_1` and
 * `linear_2`.
 */
export function timeEmbedding(p: Parameters, config: UnetConfig, timestep: Tensor): Tensor {
  const { channels } = config.levels[0]!;
  const encoded = sinusoids(timestep, channels >> 1, config);
  return p.in('time_embedding', () =>
    linear(p, 'linear_2', silu(linear(p, 'linear_1', encoded, 4 * channels)), 4 * channels),
  );
}

/** [B] → [B, 2·count]. */
function sinusoids(timestep: Tensor, count: number, { flipSinToCos, freqShift }: UnetConfig): Tensor {
  // Rounded to f32 at each step, as in training: at timestep 999 the last bit of a frequency changes the output.
  const slope = Math.fround(-Math.log(MAX_PERIOD));
  const frequencies = Float32Array.from({ length: count }, (_, i) =>
    Math.exp(Math.fround(Math.fround(slope * i) / (count - freqShift))),
  );
  const [batch] = timestep.shape as [number];
  const times = reshape(cast(timestep, 'f32'), [batch, 1]);
  const angles = wrapAngle(mul(times, timestep.graph.constant(frequencies, [1, count])));
  return concat(flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], 1);
}

/** 2π in two parts; the first has so few bits that its product with a count of turns is exact. */
const TURN = [6.28125, 2 * Math.PI - 6.28125] as const;

/** The same angles in [−π, π]: WGSL guarantees the accuracy of sine and cosine only there. */
function wrapAngle(angle: Tensor): Tensor {
  const turns = floor(add(scale(angle, 1 / (2 * Math.PI)), 0.5));
  return sub(sub(angle, scale(turns, TURN[0])), scale(turns, TURN[1]));
}
