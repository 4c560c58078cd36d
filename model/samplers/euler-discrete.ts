/**
 * Euler's method along the probability flow of a diffusion model, as diffusers' `EulerDiscreteScheduler`. For rectified
 * flows: `flow-euler.ts`.
 */

import { alphasCumprod, sigmaAt } from './noise-schedule.js';
import { predOriginalSample } from './prediction.js';
import type { Sampler, StepCoefficients } from './sampler.js';
import type { SchedulerConfig } from './scheduler-config.js';
import { timesteps } from './timesteps.js';

/** Samples are x0 + σ · noise, unlike the network's inputs in training: its input is sample / √(1 + σ²). */
export function eulerDiscreteSteps(config: SchedulerConfig, steps: number): Sampler {
  const { timestep_spacing: spacing = 'linspace', num_train_timesteps: train, steps_offset: offset } = config;
  const alphaBars = alphasCumprod(config);
  const list = timesteps({ steps, spacing, train, offset, fractional: true });
  const sigmas = [...list.map((t) => sigmaAt(alphaBars, t)), 0];
  const first = sigmas[0]!;
  return {
    // diffusers' init_noise_sigma: with leading spacing the first timestep is not the last of the training.
    initialScale: spacing === 'leading' ? Math.sqrt(1 + first * first) : first,
    steps: list.map((timestep, i) => {
      const sigma = sigmas[i]!;
      const ratio = sigmas[i + 1]! / sigma;
      const inputScale = 1 / Math.sqrt(1 + sigma * sigma);
      const x0 = predOriginalSample(config.prediction_type, inputScale * inputScale);
      const coefficients: StepCoefficients = {
        inputScale,
        x0OfSample: x0.ofSample * inputScale,
        x0OfOutput: x0.ofOutput,
        x0Bound: Number.POSITIVE_INFINITY,
        ofSample: ratio,
        ofOutput: 0,
        ofX0: 1 - ratio,
        ofLastX0: 0,
        ofNoise: 0,
      };
      return { timestep, coefficients };
    }),
  };
}
