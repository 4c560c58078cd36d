/** The initial noise of the latents: a function of the seed and the position in the clip alone, the same on every adapter. */

import { randomNumbers } from '../../engine/engine.js';

/** Standard normal noise [frames, channels]. A longer clip begins with the shorter one's noise. */
export function latentNoise(seed: number, frames: number, channels: number): Float32Array {
  return Float32Array.from(randomNumbers('normal', frames * channels, { seed: [seed >>> 0, 0], step: 0, stream: 0 }));
}
