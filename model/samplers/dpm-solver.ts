/** DPM-Solver++(2M) as diffusers' `DPMSolverMultistepScheduler` has it by default: midpoint, ending at no noise. */

import { alphasCumprod, sigmaAt } from './noise-schedule.js';
import { predOriginalSample } from './prediction.js';
import type { SamplerStep, StepCoefficients } from './sampler.js';
import type { SchedulerConfig } from './scheduler-config.js';
import { timesteps } from './timesteps.js';

/**
 * The first and the last step are of first order. With σ = √((1 − ᾱ)/ᾱ), the half log signal-to-noise ratio λ is −ln σ, so
 * e^(−h) of the papers is the ratio of two σ.
 */
export function dpmSolverSteps(config: SchedulerConfig, steps: number): SamplerStep[] {
  const { timestep_spacing: spacing = 'linspace', num_train_timesteps: train, steps_offset: offset } = config;
  const alphaBars = alphasCumprod(config);
  const list = timesteps({ steps, spacing, train, offset, dropLast: spacing !== 'trailing' });
  const sigmas = [...list.map((t) => sigmaAt(alphaBars, t)), 0];
  return list.map((timestep, i) => {
    const sigma = sigmas[i]!;
    const next = sigmas[i + 1]!;
    const alphaBar = 1 / (1 + sigma * sigma);
    const nextSignal = 1 / Math.sqrt(1 + next * next);
    // −(e^(−h) − 1) · √ᾱ: the first-order coefficient of x0.
    const gain = nextSignal * (1 - next / sigma);
    let correction = 0;
    if (i > 0 && next > 0) {
      const ratio = Math.log(sigmas[i - 1]! / sigma) / Math.log(sigma / next);
      correction = gain / (2 * ratio);
    }
    const x0 = predOriginalSample(config.prediction_type, alphaBar);
    const coefficients: StepCoefficients = {
      inputScale: 1,
      x0OfSample: x0.ofSample,
      x0OfOutput: x0.ofOutput,
      x0Bound: Number.POSITIVE_INFINITY,
      ofSample: ((next / sigma) * nextSignal) / Math.sqrt(alphaBar),
      ofOutput: 0,
      ofX0: gain + correction,
      ofLastX0: -correction,
      ofNoise: 0,
    };
    return { timestep, coefficients };
  });
}
