/** The clean sample and the noise that a network's output stands for. */

import type { SchedulerConfig } from './scheduler-config.js';

/** Coefficients of the sample and of the network's output. */
export interface Sum {
  readonly ofSample: number;
  readonly ofOutput: number;
}

/** The clean sample within sample = √ᾱ · clean + √(1 − ᾱ) · noise, from what the network predicts. */
export function cleanFrom(type: SchedulerConfig['prediction_type'], alphaBar: number): Sum {
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

/** The noise within the same sample. */
export function noiseFrom(type: SchedulerConfig['prediction_type'], alphaBar: number): Sum {
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
