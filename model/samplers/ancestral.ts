/** DDPM, and DDIM with any amount of noise, as diffusers' schedulers define them. */

import { SamplerError } from './errors.js';
import { alphasCumprod } from './noise-schedule.js';
import { predEpsilon, predOriginalSample } from './prediction.js';
import type { SamplerStep, StepCoefficients } from './sampler.js';
import type { SchedulerConfig } from './scheduler-config.js';
import { timesteps } from './timesteps.js';

/** Variances stay above this. */
const MIN_VARIANCE = 1e-20;

/** In what the two samplers differ: how x0, the direction towards the noisy sample, and new noise make `prevSample`. */
type Posterior = Pick<StepCoefficients, 'ofSample' | 'ofOutput' | 'ofX0' | 'ofNoise'>;

/** Steps over whole timesteps; `posterior` gets the ᾱ of all, a timestep, and the one after it in the list, if any. */
function ancestralSteps(
  config: SchedulerConfig,
  steps: number,
  posterior: (alphaBars: Float64Array, timestep: number, nextTimestep: number | undefined) => Posterior,
): SamplerStep[] {
  const { timestep_spacing: spacing = 'leading', num_train_timesteps: train, steps_offset: offset } = config;
  const alphaBars = alphasCumprod(config);
  const list = timesteps({ steps, spacing, train, offset });
  return list.map((timestep, i) => {
    const x0 = predOriginalSample(config.prediction_type, alphaBars[timestep]!);
    const coefficients: StepCoefficients = {
      inputScale: 1,
      x0OfSample: x0.ofSample,
      x0OfOutput: x0.ofOutput,
      x0Bound: config.clip_sample ? config.clip_sample_range : Number.POSITIVE_INFINITY,
      ...posterior(alphaBars, timestep, list[i + 1]),
      ofLastX0: 0,
    };
    return { timestep, coefficients };
  });
}

/** Posterior mean (equation 7) and the small variance (β̃) between neighbouring timesteps of the list. */
export function ddpmSteps(config: SchedulerConfig, steps: number): SamplerStep[] {
  return ancestralSteps(config, steps, (alphaBars, timestep, nextTimestep) => {
    const alphaBar = alphaBars[timestep]!;
    const next = nextTimestep === undefined ? 1 : alphaBars[nextTimestep]!;
    const alpha = alphaBar / next;
    const variance = Math.max(MIN_VARIANCE, ((1 - next) / (1 - alphaBar)) * (1 - alpha));
    return {
      ofSample: (Math.sqrt(alpha) * (1 - next)) / (1 - alphaBar),
      ofOutput: 0,
      ofX0: (Math.sqrt(next) * (1 - alpha)) / (1 - alphaBar),
      ofNoise: timestep > 0 ? Math.sqrt(variance) : 0,
    };
  });
}

/**
 * Equation 12, with σ = eta · √β̃ (16) between timesteps that lie ⌊train / steps⌋ apart, whatever the spacing.
 *
 * @throws {SamplerError} when `eta` is not in [0, 1].
 */
export function ddimSteps(config: SchedulerConfig, steps: number, eta: number): SamplerStep[] {
  if (!(eta >= 0 && eta <= 1)) {
    throw new SamplerError(`eta ${eta}: expected a number from 0 (no noise) to 1 (as DDPM)`);
  }
  const stride = Math.floor(config.num_train_timesteps / steps);
  return ancestralSteps(config, steps, (alphaBars, timestep) => {
    const alphaBar = alphaBars[timestep]!;
    const last = config.set_alpha_to_one ? 1 : alphaBars[0]!;
    const next = timestep >= stride ? alphaBars[timestep - stride]! : last;
    const sigma = eta * Math.sqrt(((1 - next) / (1 - alphaBar)) * (1 - alphaBar / next));
    const direction = Math.sqrt(Math.max(0, 1 - next - sigma * sigma));
    // The direction follows from the network's output itself even where x0 was clipped.
    const epsilon = predEpsilon(config.prediction_type, alphaBar);
    return {
      ofSample: direction * epsilon.ofSample,
      ofOutput: direction * epsilon.ofOutput,
      ofX0: Math.sqrt(next),
      ofNoise: sigma,
    };
  });
}
