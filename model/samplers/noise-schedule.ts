/** The noise schedule of the training: variances at each timestep. */

import type { SchedulerConfig } from './scheduler-config.js';

/** Variance added at each training timestep: evenly spaced, or with evenly spaced roots (`scaled_linear`). */
function betas(config: SchedulerConfig): Float64Array {
  const { num_train_timesteps: count, beta_start, beta_end, beta_schedule, trained_betas } = config;
  if (trained_betas) return Float64Array.from(trained_betas);
  const root = beta_schedule === 'scaled_linear';
  const [from, to] = root ? [Math.sqrt(beta_start), Math.sqrt(beta_end)] : [beta_start, beta_end];
  return Float64Array.from({ length: count }, (_, i) => {
    const value = from + ((to - from) * i) / Math.max(1, count - 1);
    return root ? value * value : value;
  });
}

/** ᾱ at each timestep, the share of the original sample's variance: Π (1 − β). */
export function alphasCumprod(config: SchedulerConfig): Float64Array {
  let product = 1;
  return betas(config).map((beta) => (product *= 1 - beta));
}

/** σ = √((1 − ᾱ)/ᾱ), the standard deviation of the noise on an unscaled x0; linear between whole timesteps. */
export function sigmaAt(alphaBars: Float64Array, timestep: number): number {
  const sigma = (t: number): number => Math.sqrt((1 - alphaBars[t]!) / alphaBars[t]!);
  const below = Math.floor(timestep);
  const fraction = timestep - below;
  return fraction === 0 ? sigma(below) : (1 - fraction) * sigma(below) + fraction * sigma(below + 1);
}
