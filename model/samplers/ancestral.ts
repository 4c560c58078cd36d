/** DDPM, and DDIM with any amount of noise, as diffusers' schedulers define them. */

import { alphasCumprod } from './noise-schedule.js';
import { cleanFrom, noiseFrom } from './prediction.js';
import type { SamplerStep, StepCoefficients } from './sampler.js';
import type { SchedulerConfig } from './scheduler-config.js';
import { timesteps } from './timesteps.js';

/** Variances stay above this. */
const LEAST_VARIANCE = 1e-20;

function whole(config: SchedulerConfig, steps: number): number[] {
  const { timestep_spacing: spacing = 'leading', num_train_timesteps: train, steps_offset: offset } = config;
  return timesteps({ steps, spacing, train, offset });
}

const cleanBound = (config: SchedulerConfig): number =>
  config.clip_sample ? config.clip_sample_range : Number.POSITIVE_INFINITY;

/** Posterior mean (equation 7) and the small variance (β̃) between neighbouring timesteps of the list. */
export function ddpmSteps(config: SchedulerConfig, steps: number): SamplerStep[] {
  const alphaBars = alphasCumprod(config);
  const list = whole(config, steps);
  return list.map((timestep, i) => {
    const alphaBar = alphaBars[timestep]!;
    const next = i + 1 < list.length ? alphaBars[list[i + 1]!]! : 1;
    const alpha = alphaBar / next;
    const variance = Math.max(LEAST_VARIANCE, ((1 - next) / (1 - alphaBar)) * (1 - alpha));
    const clean = cleanFrom(config.prediction_type, alphaBar);
    const coefficients: StepCoefficients = {
      inputScale: 1,
      cleanOfSample: clean.ofSample,
      cleanOfOutput: clean.ofOutput,
      cleanBound: cleanBound(config),
      ofSample: (Math.sqrt(alpha) * (1 - next)) / (1 - alphaBar),
      ofOutput: 0,
      ofClean: (Math.sqrt(next) * (1 - alpha)) / (1 - alphaBar),
      ofPreviousClean: 0,
      ofNoise: timestep > 0 ? Math.sqrt(variance) : 0,
    };
    return { timestep, coefficients };
  });
}

/** Equation 12, with σ = eta · √β̃ (16) between timesteps that lie ⌊train / steps⌋ apart, whatever the spacing. */
export function ddimSteps(config: SchedulerConfig, steps: number, eta: number): SamplerStep[] {
  if (!(eta >= 0 && eta <= 1)) throw new RangeError(`eta ${eta}: expected a number from 0 (no noise) to 1 (as DDPM)`);
  const alphaBars = alphasCumprod(config);
  const stride = Math.floor(config.num_train_timesteps / steps);
  const last = config.set_alpha_to_one ? 1 : alphaBars[0]!;
  return whole(config, steps).map((timestep) => {
    const alphaBar = alphaBars[timestep]!;
    const next = timestep >= stride ? alphaBars[timestep - stride]! : last;
    const deviation = eta * Math.sqrt(((1 - next) / (1 - alphaBar)) * (1 - alphaBar / next));
    const direction = Math.sqrt(Math.max(0, 1 - next - deviation * deviation));
    const clean = cleanFrom(config.prediction_type, alphaBar);
    // The direction comes from the output itself even where the clean sample was clipped.
    const noise = noiseFrom(config.prediction_type, alphaBar);
    const coefficients: StepCoefficients = {
      inputScale: 1,
      cleanOfSample: clean.ofSample,
      cleanOfOutput: clean.ofOutput,
      cleanBound: cleanBound(config),
      ofSample: direction * noise.ofSample,
      ofOutput: direction * noise.ofOutput,
      ofClean: Math.sqrt(next),
      ofPreviousClean: 0,
      ofNoise: deviation,
    };
    return { timestep, coefficients };
  });
}
