/** The original sample x0 and the noise ε within a noisy sample = √ᾱ · x0 + √(1 − ᾱ) · ε, from what a network predicts. */

import type { SchedulerConfig } from './scheduler-config.js';

/** Coefficients of the noisy sample and of the network's output. */
export interface LinearCombination {
  readonly ofSample: number;
  readonly ofOutput: number;
}

/** x0 (diffusers' pred_original_sample). */
export function predOriginalSample(type: SchedulerConfig['prediction_type'], alphaBar: number): LinearCombination {
  const signal = Math.sqrt(alphaBar);
  const noise = Math.sqrt(1 - alphaBar);
  switch (type) {
    case 'epsilon':
      return { ofSample: 1 / signal, ofOutput: -noise / signal };
    case 'sample':
      return { ofSample: 0, ofOutput: 1 };
    case 'v_prediction':
      return { ofSample: signal, ofOutput: -noise };
  }
}

/** ε (diffusers' pred_epsilon). */
export function predEpsilon(type: SchedulerConfig['prediction_type'], alphaBar: number): LinearCombination {
  const signal = Math.sqrt(alphaBar);
  const noise = Math.sqrt(1 - alphaBar);
  switch (type) {
    case 'epsilon':
      return { ofSample: 0, ofOutput: 1 };
    case 'sample':
      return { ofSample: 1 / noise, ofOutput: -signal / noise };
    case 'v_prediction':
      return { ofSample: noise, ofOutput: signal };
  }
}
