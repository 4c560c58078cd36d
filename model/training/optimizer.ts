/** AdamW with warm-up, cosine decay, gradient-norm clipping and an exponential moving average of the weights (EMA). */

import {
  adamw,
  clipScale,
  globalNorm,
  gradients,
  type Tensor,
  type TensorData,
  type Variables,
} from '../../engine/engine.js';
import type { ParameterSpec, Parameters } from '../networks/index.js';

export interface OptimizerOptions {
  learningRate: number;
  /** Steps over which the learning rate rises linearly to it. */
  warmup: number;
  steps: number;
  betas: readonly [number, number];
  weightDecay: number;
  /** Gradients are scaled down to this global norm. */
  clipNorm: number;
  /** Decay of the EMA once it has warmed up. */
  emaDecay: number;
}

/** Variables beside each weight: Adam's first and second moment, and the EMA, which is what is shipped. */
export const STATE_PREFIXES = ['adam.m.', 'adam.v.', 'ema.'] as const;

/** Appends gradients and in-place updates of the parameters `trained` to the graph; returns the global gradient norm. */
export function addOptimizer(
  p: Parameters,
  loss: Tensor,
  trained: readonly ParameterSpec[],
  options: OptimizerOptions,
): Tensor {
  const { graph } = p;
  const weights = trained.map((s) => graph.variable(s.name, s.shape));
  const grads = gradients(loss, weights);
  return graph.scope('optimizer', () => {
    const norm = globalNorm(grads);
    const scale = clipScale(norm, options.clipNorm);
    const decayed = graph.input('hyper.decayed', [HYPER]);
    const plain = graph.input('hyper.plain', [HYPER]);
    for (const [i, spec] of trained.entries()) {
      const [m, v, ema] = STATE_PREFIXES.map((prefix) => graph.variable(prefix + spec.name, spec.shape));
      adamw({ param: weights[i]!, grad: grads[i]!, m: m!, v: v!, ema: ema! }, spec.decays ? decayed : plain, scale);
    }
    return norm;
  });
}

/** Numbers in the optimizer's hyper-parameter input; see `adamw`. */
const HYPER = 9;

/** The learning rate of a step, counted from 0: warm-up, cosine decay, and a floor of 1 % of the highest. */
export function learningRateAt(step: number, { learningRate, warmup, steps }: OptimizerOptions): number {
  const rise = Math.min(1, (step + 1) / Math.max(1, warmup));
  return learningRate * rise * (0.5 + 0.5 * Math.cos((Math.PI * step) / steps)) + learningRate * 0.01;
}

/** The optimizer's inputs of one step, counted from 0. */
export function hyperInputs(step: number, options: OptimizerOptions): Record<string, TensorData> {
  const [beta1, beta2] = options.betas;
  const ema = Math.min(options.emaDecay, (1 + step) / (10 + step));
  const values = (weightDecay: number): Float32Array =>
    Float32Array.of(
      learningRateAt(step, options),
      beta1,
      beta2,
      1e-8,
      weightDecay,
      1 - beta1 ** (step + 1),
      1 - beta2 ** (step + 1),
      ema,
      1,
    );
  return { 'hyper.decayed': values(options.weightDecay), 'hyper.plain': values(0) };
}

/** Sets the moments to zero and the EMA to the weights' own values, for a training that begins. */
export function initializeOptimizer(
  variables: Variables,
  trained: readonly ParameterSpec[],
  values: ReadonlyMap<string, Float32Array>,
): void {
  for (const spec of trained) {
    const type = { shape: spec.shape, dtype: 'f32' } as const;
    variables.zero(`adam.m.${spec.name}`, type);
    variables.zero(`adam.v.${spec.name}`, type);
    variables.write(`ema.${spec.name}`, type, values.get(spec.name)!);
  }
}
