/** Which training timesteps a sampler visits (Lin et al. 2023, arXiv:2305.08891, table 2), as diffusers rounds them. */

export type TimestepSpacing = 'leading' | 'trailing' | 'linspace';

/** No such sequence of timesteps exists for these numbers. */
export class TimestepError extends RangeError {
  override name = 'TimestepError';
}

export interface TimestepOptions {
  /** How many. */
  steps: number;
  spacing: TimestepSpacing;
  /** Training timesteps; those visited are 0 … train − 1. */
  train: number;
  /** Added with `leading` spacing. */
  offset: number;
  /** One more is laid out, and the last, least noisy one left out. */
  spareLast?: boolean;
  /** Fractions of a timestep are kept with `linspace` spacing; otherwise all are whole. */
  fractional?: boolean;
}

/**
 * Timesteps in falling order. `leading` counts up from 0 in whole strides of ⌊train / steps⌋ and so may begin far below the
 * noisiest one (300 of 1000 with offset 1 begin at 898); `trailing` counts down from train − 1; `linspace` goes from one end
 * to the other. TimestepError where there are more steps than timesteps, or the first would lie past the last trained.
 */
export function timesteps(options: TimestepOptions): number[] {
  const { steps, spacing, train, offset, spareLast = false, fractional = false } = options;
  const laid = spareLast ? steps + 1 : steps;
  if (!Number.isInteger(steps) || steps < 1 || laid > train) {
    const most = spareLast ? train - 1 : train;
    throw new TimestepError(
      `${steps} steps: give a whole number from 1 to ${most}; the training had ${train} timesteps`,
    );
  }
  const round = fractional ? (x: number): number => x : roundHalfEven;
  // numpy's range counts in the difference of its first two members, and halves fall as they do there.
  const stride = train - train / laid - train;
  const at = (i: number): number => {
    switch (spacing) {
      case 'leading':
        return (laid - 1 - i) * Math.floor(train / laid) + offset;
      case 'trailing':
        return roundHalfEven(train + i * stride) - 1;
      case 'linspace':
        return laid === 1 ? 0 : round(((train - 1) * (laid - 1 - i)) / (laid - 1));
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

/** To the nearest whole number, halves to the even one. */
function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const part = x - below;
  if (part !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
