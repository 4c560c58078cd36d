/**
 * Euler's method along the probability flow of a diffusion model, as diffusers' `EulerDiscreteScheduler`. The flow of our
 * own model is another one: `flow-euler.ts`.
 */

import { alphasCumprod, sigmaAt } from './noise-schedule.js';
import { cleanFrom } from './prediction.js';
import type { Sampler, StepCoefficients } from './sampler.js';
import type { SchedulerConfig } from './scheduler-config.js';
import { timesteps } from './timesteps.js';

/** Samples are clean + σ · noise, unlike what the network saw in training: it is given sample / √(1 + σ²). */
export function eulerDiscreteSteps(config: SchedulerConfig, steps: number): Sampler {
  const { timestep_spacing: spacing = 'linspace', num_train_timesteps: train, steps_offset: offset } = config;
  const alphaBars = alphasCumprod(config);
  const list = timesteps({ steps, spacing, train, offset, fractional: true });
  const sigmas = [...list.map((t) => sigmaAt(alphaBars, t)), 0];
  const first = sigmas[0]!;
  return {
    // Where the first timestep is not the last of the training, its sample still holds some of the clean one.
    initialScale: spacing === 'leading' ? Math.sqrt(1 + first * first) : first,
    steps: list.map((timestep, i) => {
      const sigma = sigmas[i]!;
      const ratio = sigmas[i + 1]! / sigma;
      const inputScale = 1 / Math.sqrt(1 + sigma * sigma);
      const clean = cleanFrom(config.prediction_type, inputScale * inputScale);
      const coefficients: StepCoefficients = {
        inputScale,
        cleanOfSample: clean.ofSample * inputScale,
        cleanOfOutput: clean.ofOutput,
        cleanBound: Number.POSITIVE_INFINITY,
        ofSample: ratio,
        ofOutput: 0,
        ofClean: 1 - ratio,
        ofPreviousClean: 0,
        ofNoise: 0,
      };
      return { timestep, coefficients };
    }),
  };
}
