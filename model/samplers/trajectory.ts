/** The denoising loop: from noise to a clean sample, in f64 on the CPU around a network that runs anywhere. */

import type { Sampler, StepCoefficients } from './sampler.js';

export interface TrajectoryOptions {
  /** Standard normal noise, the shape of the sample. */
  initial: ArrayLike<number>;
  /** The network's (guided) output for a sample, already scaled as the sampler wants it, at a training timestep. */
  denoise: (sample: Float64Array, timestep: number, step: number) => ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Standard normal noise for a step; called only where the sampler draws some. */
  noise: (step: number) => ArrayLike<number>;
  onStep?: (done: number, total: number, sample: Float64Array) => void;
  signal?: AbortSignal;
}

/**
 * Runs all steps of a sampler; gives the clean sample.
 *
 * @throws The signal's reason, or what `denoise` throws.
 */
export async function runTrajectory(sampler: Sampler, options: TrajectoryOptions): Promise<Float64Array> {
  const { initial, denoise, noise, onStep, signal } = options;
  let sample: Float64Array = Float64Array.from(initial, (x) => x * sampler.initialScale);
  let lastX0: Float64Array | undefined;
  for (const [i, { timestep, coefficients }] of sampler.steps.entries()) {
    signal?.throwIfAborted();
    const scaled = sample.map((x) => x * coefficients.inputScale);
    const modelOutput = await denoise(scaled, timestep, i);
    const drawn = coefficients.ofNoise === 0 ? undefined : noise(i);
    const { prevSample, x0 } = advance(coefficients, { sample, modelOutput, lastX0, noise: drawn });
    sample = prevSample;
    lastX0 = x0;
    onStep?.(i + 1, sampler.steps.length, sample);
  }
  return sample;
}

interface StepValues {
  sample: Float64Array;
  modelOutput: ArrayLike<number>;
  /** Read only where its coefficient is not 0, and so with `noise`. */
  lastX0: Float64Array | undefined;
  noise: ArrayLike<number> | undefined;
}

/** One step: the two sums that `sampler.ts` states. */
function advance(c: StepCoefficients, values: StepValues): { prevSample: Float64Array; x0: Float64Array } {
  const { sample, modelOutput, lastX0, noise } = values;
  const length = sample.length;
  const x0 = new Float64Array(length);
  const prevSample = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const predicted = c.x0OfSample * sample[i]! + c.x0OfOutput * modelOutput[i]!;
    x0[i] = Math.min(Math.max(predicted, -c.x0Bound), c.x0Bound);
    prevSample[i] = c.ofSample * sample[i]! + c.ofOutput * modelOutput[i]! + c.ofX0 * x0[i]!;
    if (c.ofLastX0 !== 0) prevSample[i]! += c.ofLastX0 * lastX0![i]!;
    if (c.ofNoise !== 0) prevSample[i]! += c.ofNoise * noise![i]!;
  }
  return { prevSample, x0 };
}
