/** One stage of a training: what it computes, its input data, and which parameters it trains. */

import type { Tensor, TensorData } from '../../engine/engine.js';
import type { Random } from '../foley/index.js';
import type { Parameters } from '../networks/index.js';
import type { StageName } from './config.js';
import type { OptimizerOptions } from './optimizer.js';

export interface TrainingStage {
  /** Of the model's own stages, or the audio tagger's. */
  readonly name: StageName | 'tagger';
  readonly optimizer: OptimizerOptions;
  /** Prefixes of the parameters that are trained; all others stay as they are. */
  readonly trains: readonly string[];
  /** Traces the loss (one element) and the figures to print beside it. */
  build(p: Parameters): { loss: Tensor; figures: Record<string, Tensor> };
  /**
   * Inputs of a step, counted from 0. They follow from the step and its random numbers alone, so that a resumed training
   * gets those that it would have had.
   */
  batch(step: number, random: Random): Record<string, TensorData>;
}
