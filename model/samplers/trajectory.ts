/** A whole way from noise to a clean sample, on the CPU: for tests, and for networks that run elsewhere. */

import type { Sampler } from './sampler.js';
import { plainStep } from './step.js';

export interface TrajectoryOptions {
  /** Standard normal noise that the sample begins as. */
  initial: ArrayLike<number>;
  /** The network's (guided) output for a sample, already scaled as the sampler wants it, at a training timestep. */
  denoise: (sample: Float64Array, timestep: number, step: number) => ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Standard normal noise for a step; asked for only where the sampler draws some. */
  noise: (step: number) => ArrayLike<number>;
  onStep?: (done: number, total: number, sample: Float64Array) => void;
  signal?: AbortSignal;
}

/** Runs all steps of a sampler in f64; gives the clean sample. Rejects with `signal`'s reason. */
export async function runTrajectory(sampler: Sampler, options: TrajectoryOptions): Promise<Float64Array> {
  const { initial, denoise, noise, onStep, signal } = options;
  let sample: Float64Array = Float64Array.from(initial, (x) => x * sampler.initialScale);
  let previousClean: Float64Array | undefined;
  for (const [i, { timestep, coefficients }] of sampler.steps.entries()) {
    signal?.throwIfAborted();
    const scaled = sample.map((x) => x * coefficients.inputScale);
    const output = await denoise(scaled, timestep, i);
    const drawn = coefficients.ofNoise === 0 ? undefined : noise(i);
    const { next, clean } = plainStep(coefficients, { sample, output, previousClean, noise: drawn });
    sample = next;
    previousClean = clean;
    onStep?.(i + 1, sampler.steps.length, sample);
  }
  return sample;
}
