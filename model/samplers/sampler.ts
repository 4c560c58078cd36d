/**
 * Samplers of diffusion models as tables of numbers. Every one of them advances by the same two sums (`trajectory.ts`):
 *
 *     x0         = clamp(x0OfSample · sample + x0OfOutput · modelOutput, ± x0Bound)
 *     prevSample = ofSample · sample + ofOutput · modelOutput + ofX0 · x0 + ofLastX0 · lastX0 + ofNoise · noise
 *
 * `modelOutput` is the network's output for `inputScale · sample` at `timestep`; `x0`, the predicted original sample
 * (diffusers' pred_original_sample), and `prevSample`, the sample at the next, less noisy timestep, are named as in the
 * papers, which count timesteps down; `lastX0` is the x0 of the step before, and `noise` is standard normal.
 */

import { ddimSteps, ddpmSteps } from './ancestral.js';
import { dpmSolverSteps } from './dpm-solver.js';
import { SamplerError } from './errors.js';
import { eulerDiscreteSteps } from './euler-discrete.js';
import type { SchedulerConfig } from './scheduler-config.js';

export interface StepCoefficients {
  readonly inputScale: number;
  readonly x0OfSample: number;
  readonly x0OfOutput: number;
  /** Infinity where nothing is clipped. */
  readonly x0Bound: number;
  readonly ofSample: number;
  readonly ofOutput: number;
  readonly ofX0: number;
  readonly ofLastX0: number;
  readonly ofNoise: number;
}

export interface SamplerStep {
  /** Training timestep; whole, except for Euler with `linspace` spacing. */
  readonly timestep: number;
  readonly coefficients: StepCoefficients;
}

export interface Sampler {
  /** The first sample is standard normal noise times this (diffusers' init_noise_sigma). */
  readonly initialScale: number;
  readonly steps: readonly SamplerStep[];
}

/** `kind` is one of SAMPLER_NAMES. */
export type SamplerOptions =
  /** Ho et al. 2020, arXiv:2006.11239, with the small variance. */
  | { kind: 'ddpm'; steps: number }
  /** Song et al. 2021, arXiv:2010.02502. `eta` 0 (the default) draws no noise, 1 as much as DDPM. */
  | { kind: 'ddim'; steps: number; eta?: number }
  /** Lu et al. 2022, arXiv:2211.01095: second order multistep, midpoint. */
  | { kind: 'dpm-solver++'; steps: number }
  /** Karras et al. 2022, arXiv:2206.00364, without churn. */
  | { kind: 'euler'; steps: number };

/**
 * The steps of a sampler over a model's schedule.
 *
 * @throws {TimestepError} when `steps` does not fit the training's timesteps.
 * @throws {SamplerError} when there is no such sampler, or `eta` is not in [0, 1].
 */
export function createSampler(config: SchedulerConfig, options: SamplerOptions): Sampler {
  switch (options.kind) {
    case 'ddpm':
      return { initialScale: 1, steps: ddpmSteps(config, options.steps) };
    case 'ddim':
      return { initialScale: 1, steps: ddimSteps(config, options.steps, options.eta ?? 0) };
    case 'dpm-solver++':
      return { initialScale: 1, steps: dpmSolverSteps(config, options.steps) };
    case 'euler':
      return eulerDiscreteSteps(config, options.steps);
    default:
      throw new SamplerError(`no such sampler: ${JSON.stringify(options satisfies never)}`);
  }
}
