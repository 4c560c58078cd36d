/** Which training timesteps a sampler visits (Lin et al. 2023, arXiv:2305.08891, table 2), as diffusers rounds them. */

import { roundHalfEven } from '../../engine/numeric.js';
import { TimestepError } from './errors.js';

export type TimestepSpacing = 'leading' | 'trailing' | 'linspace';

export interface TimestepOptions {
  /** How many. */
  steps: number;
  spacing: TimestepSpacing;
  /** Training timesteps; those visited are 0 … train − 1. */
  train: number;
  /** Added with `leading` spacing. */
  offset: number;
  /** The spacing is that of one step more, whose last, least noisy timestep is dropped. */
  dropLast?: boolean;
  /** Fractions of a timestep are kept with `linspace` spacing; otherwise all are whole. */
  fractional?: boolean;
}

/**
 * Timesteps in falling order. `leading` counts up from 0 in whole strides of ⌊train / steps⌋ and so may begin far below the
 * noisiest one (300 of 1000 with offset 1 begin at 898); `trailing` counts down from train − 1; `linspace` goes from one end
 * to the other.
 *
 * @throws {TimestepError} when there are more steps than timesteps, or the first would lie past the last trained.
 */
export function timesteps(options: TimestepOptions): number[] {
  const { steps, spacing, train, offset, dropLast = false, fractional = false } = options;
  const spaced = dropLast ? steps + 1 : steps;
  if (!Number.isInteger(steps) || steps < 1 || spaced > train) {
    const most = dropLast ? train - 1 : train;
    throw new TimestepError(
      `${steps} steps: give a whole number from 1 to ${most}; the training had ${train} timesteps`,
    );
  }
  const round = fractional ? (x: number): number => x : roundHalfEven;
  // As numpy's arange: multiples of the difference of its first two members, so that halves round the same way.
  const stride = train - train / spaced - train;
  const at = (i: number): number => {
    switch (spacing) {
      case 'leading':
        return (spaced - 1 - i) * Math.floor(train / spaced) + offset;
      case 'trailing':
        return roundHalfEven(train + i * stride) - 1;
      case 'linspace':
        return spaced === 1 ? 0 : round(((train - 1) * (spaced - 1 - i)) / (spaced - 1));
    }
  };
  const list = Array.from({ length: steps }, (_, i) => at(i));
  if (list[0]! > train - 1) {
    throw new TimestepError(
      `${steps} steps with ${spacing} spacing and offset ${offset} begin at timestep ${list[0]}, past ${train - 1}, the last of the training; take fewer steps or trailing spacing`,
    );
  }
  return list;
}
