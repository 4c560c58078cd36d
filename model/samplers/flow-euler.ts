/** Times of the flow at which an Euler sampler evaluates the velocity, and the step it then takes. */

export interface FlowEulerStep {
  /** Flow time in [0, 1): 0 is noise. */
  readonly time: number;
  readonly size: number;
}

/** `steps` equal steps from 0 to 1. For rectified flows four are close to as good as 25 (recipe §4). */
export function flowEulerSteps(steps: number): FlowEulerStep[] {
  if (!Number.isInteger(steps) || steps < 1)
    throw new RangeError(`steps ${steps}: expected a whole number of at least 1`);
  return Array.from({ length: steps }, (_, i) => ({ time: i / steps, size: 1 / steps }));
}
