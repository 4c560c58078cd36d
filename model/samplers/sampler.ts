/**
 * Samplers of diffusion models as tables of numbers. Every one of them advances by the same two sums, so a step on the GPU
 * is one traced function (`step.ts`) whose coefficients are inputs:
 *
 *     clean = clamp(cleanOfSample · sample + cleanOfOutput · output, ± cleanBound)
 *     next  = ofSample · sample + ofOutput · output + ofClean · clean + ofPreviousClean · previousClean + ofNoise · noise
 *
 * `output` is what the network gives for `inputScale · sample` at `timestep`, `previousClean` is the step before's clean
 * sample, and `noise` is standard normal.
 */

import { ddimSteps, ddpmSteps } from './ancestral.js';
import { dpmSolverSteps } from './dpm-solver.js';
import { eulerDiscreteSteps } from './euler-discrete.js';
import type { SchedulerConfig } from './scheduler-config.js';

export interface StepCoefficients {
  readonly inputScale: number;
  readonly cleanOfSample: number;
  readonly cleanOfOutput: number;
  /** Infinity where nothing is clipped. */
  readonly cleanBound: number;
  readonly ofSample: number;
  readonly ofOutput: number;
  readonly ofClean: number;
  readonly ofPreviousClean: number;
  readonly ofNoise: number;
}

export interface SamplerStep {
  /** Training timestep; whole, except for Euler with `linspace` spacing. */
  readonly timestep: number;
  readonly coefficients: StepCoefficients;
}

export interface Sampler {
  /** Standard normal noise times this is the first sample. */
  readonly initialScale: number;
  readonly steps: readonly SamplerStep[];
}

export type SamplerOptions =
  /** Ho et al. 2020, arXiv:2006.11239, with the small variance. */
  | { kind: 'ddpm'; steps: number }
  /** Song et al. 2021, arXiv:2010.02502. `eta` 0 (the default) draws no noise, 1 as much as DDPM. */
  | { kind: 'ddim'; steps: number; eta?: number }
  /** Lu et al. 2022, arXiv:2211.01095: second order multistep, midpoint. */
  | { kind: 'dpm-solver++'; steps: number }
  /** Karras et al. 2022, arXiv:2206.00364, without churn. */
  | { kind: 'euler'; steps: number };

/** The steps of a sampler over a model's schedule. TimestepError where `steps` does not fit the training's timesteps. */
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
      throw new RangeError(`no such sampler: ${JSON.stringify(options satisfies never)}`);
  }
}
