/** One stage of a training: what it computes, what it is fed, and which parameters it moves. */

import type { Tensor, TensorData } from '../../engine/engine.js';
import type { Parameters } from '../networks/parameters.js';
import type { StageName } from './config.js';
import type { OptimiserOptions } from './optimiser.js';

export interface Stage {
  readonly name: StageName;
  readonly optimiser: OptimiserOptions;
  /** Prefixes of the parameters that are trained; all others stay as they are. */
  readonly trains: readonly string[];
  /** Traces the loss (one element) and the figures to print beside it. */
  build(p: Parameters): { loss: Tensor; figures: Record<string, Tensor> };
  /** Inputs of a step, decided by the seed and the step alone, so that a resumed training sees what it would have seen. */
  batch(step: number): Record<string, TensorData>;
}
