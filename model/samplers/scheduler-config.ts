/** What a diffusion model was trained with, in the fields of diffusers' scheduler files. */

import { z } from 'zod';

export interface SchedulerConfig {
  num_train_timesteps: number;
  beta_start: number;
  beta_end: number;
  beta_schedule: 'linear' | 'scaled_linear';
  /** A table of betas, one a training timestep, in place of the schedule. */
  trained_betas?: number[] | null | undefined;
  /** The network's output: the noise, x0, or v = √ᾱ·noise − √(1 − ᾱ)·x0. */
  prediction_type: 'epsilon' | 'sample' | 'v_prediction';
  /** Absent: each sampler's own, `leading` for DDPM and DDIM, `linspace` for DPM-Solver++ and Euler. */
  timestep_spacing?: 'leading' | 'trailing' | 'linspace' | undefined;
  /** Added to timesteps of `leading` spacing. */
  steps_offset: number;
  /** DDPM and DDIM clip the predicted x0 to ± clip_sample_range; the other samplers never do. */
  clip_sample: boolean;
  clip_sample_range: number;
  /** DDIM: ᾱ after the last step is 1; off, that of timestep 0. */
  set_alpha_to_one: boolean;
}

/** An unsupported option may stand in a file only with the value that switches it off. */
const off = z.literal(false, 'is not supported: give false or leave it out').optional();
const unused = z.unknown().optional();
const fraction = z.number().min(0).lt(1);

const supported = {
  num_train_timesteps: z.number().int().positive().default(1000),
  beta_start: fraction.default(0.0001),
  beta_end: fraction.default(0.02),
  beta_schedule: z.enum(['linear', 'scaled_linear']).default('linear'),
  trained_betas: z.array(fraction).nullish(),
  prediction_type: z.enum(['epsilon', 'sample', 'v_prediction']).default('epsilon'),
  timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).optional(),
  steps_offset: z.number().int().min(0).default(0),
  clip_sample: z.boolean().default(true),
  clip_sample_range: z.number().positive().default(1),
  set_alpha_to_one: z.boolean().default(true),
};

/** Fields that files carry and of which only the ordinary value is supported, or that have no effect here. */
const carried = {
  thresholding: off,
  rescale_betas_zero_snr: off,
  use_karras_sigmas: off,
  use_exponential_sigmas: off,
  use_beta_sigmas: off,
  use_lu_lambdas: off,
  use_flow_sigmas: off,
  variance_type: z.literal('fixed_small').nullish(),
  final_sigmas_type: z.literal('zero').optional(),
  solver_order: z.literal(2).optional(),
  solver_type: z.literal('midpoint').optional(),
  algorithm_type: z.literal('dpmsolver++').optional(),
  interpolation_type: z.literal('linear').optional(),
  timestep_type: z.literal('discrete').optional(),
  _class_name: unused,
  _diffusers_version: unused,
  skip_prk_steps: unused,
  dynamic_thresholding_ratio: unused,
  sample_max_value: unused,
  lower_order_final: unused,
};

/** Reads a `scheduler_config.json`; defaults are those of diffusers. Unknown fields and unsupported values are faults. */
export const schedulerConfig: z.ZodType<SchedulerConfig> = z
  .strictObject({ ...supported, ...carried })
  .transform((fields): SchedulerConfig => z.object(supported).parse(fields))
  .refine((c) => !c.trained_betas || c.trained_betas.length === c.num_train_timesteps, {
    path: ['trained_betas'],
    message: 'give one beta for each of num_train_timesteps',
  });

/** Stable Diffusion 2.1's schedule, with which the released VTA-LDM was trained. */
export const VTA_LDM_SCHEDULER: SchedulerConfig = schedulerConfig.parse({
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  prediction_type: 'v_prediction',
  timestep_spacing: 'leading',
  steps_offset: 1,
  clip_sample: false,
  set_alpha_to_one: false,
});
