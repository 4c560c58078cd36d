/** Euler's method along a rectified flow: the times at which the velocity is evaluated, and the step sizes. */

import { SamplerError } from './errors.js';

export interface FlowEulerStep {
  /** Flow time in [0, 1): 0 is noise. */
  readonly time: number;
  readonly size: number;
}

/**
 * `steps` equal steps from 0 to 1. For rectified flows four are close to as good as 25 (recipe §4).
 *
 * @throws {SamplerError} when `steps` is not a whole number of at least 1.
 */
export function flowEulerSteps(steps: number): FlowEulerStep[] {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new SamplerError(`steps ${steps}: expected a whole number of at least 1`);
  }
  return Array.from({ length: steps }, (_, i) => ({ time: i / steps, size: 1 / steps }));
}
