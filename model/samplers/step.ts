/** One step of any sampler: traced for the GPU, and in plain f64. */

import { add, type Graph, maximum, minimum, mul, neg, type Tensor } from '../../engine/engine.js';
import type { SamplerStep, StepCoefficients } from './sampler.js';

/** What a step starts from; all tensors have the sample's shape. */
export interface StepTensors {
  sample: Tensor;
  /** The network's output for `scaledSample`. */
  output: Tensor;
  /** The step before's `clean` (anything at the first step); absent for samplers that never look back. */
  previousClean?: Tensor | undefined;
  /** Standard normal; absent for samplers that draw none. */
  noise?: Tensor | undefined;
}

/** Most of f32: clamping to it changes nothing, and no infinity enters a shader. */
const UNBOUNDED = 3.4e38;

const NAMES = [
  'inputScale',
  'cleanOfSample',
  'cleanOfOutput',
  'cleanBound',
  'ofSample',
  'ofOutput',
  'ofClean',
  'ofPreviousClean',
  'ofNoise',
] as const satisfies readonly (keyof StepCoefficients)[];

/** A step's coefficients as inputs of a graph, each of shape [1]: one plan serves every step of every sampler. */
export class StepInputs {
  readonly #graph: Graph;
  readonly #asked = new Map<keyof StepCoefficients, Tensor>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  get(name: keyof StepCoefficients): Tensor {
    const known = this.#asked.get(name) ?? this.#graph.input(`step.${name}`, [1]);
    this.#asked.set(name, known);
    return known;
  }

  /** Values for the inputs that the graph has, by name, for `plan.run`. */
  values({ coefficients }: SamplerStep): Record<string, Float32Array> {
    const bounded = { ...coefficients, cleanBound: Math.min(UNBOUNDED, coefficients.cleanBound) };
    return Object.fromEntries(
      NAMES.filter((name) => this.#asked.has(name)).map((name) => [`step.${name}`, Float32Array.of(bounded[name])]),
    );
  }
}

/** What the network is given for a sample. */
export const scaledSample = (inputs: StepInputs, sample: Tensor): Tensor => mul(sample, inputs.get('inputScale'));

/** The next sample, and the clean one that the next step looks back at (see `sampler.ts` for the sums). */
export function tracedStep(inputs: StepInputs, tensors: StepTensors): { next: Tensor; clean: Tensor } {
  const { sample, output, previousClean, noise } = tensors;
  const bound = inputs.get('cleanBound');
  const term = (name: keyof StepCoefficients, of: Tensor): Tensor => mul(of, inputs.get(name));
  const predicted = add(term('cleanOfSample', sample), term('cleanOfOutput', output));
  const clean = minimum(maximum(predicted, neg(bound)), bound);
  const terms = [term('ofSample', sample), term('ofOutput', output), term('ofClean', clean)];
  if (previousClean) terms.push(term('ofPreviousClean', previousClean));
  if (noise) terms.push(term('ofNoise', noise));
  return { next: terms.reduce(add), clean };
}

export interface StepValues {
  sample: ArrayLike<number>;
  output: ArrayLike<number>;
  /** Read only where its coefficient is not 0, and so with `noise`. */
  previousClean?: ArrayLike<number> | undefined;
  noise?: ArrayLike<number> | undefined;
}

/** The same step in f64. */
export function plainStep(c: StepCoefficients, values: StepValues): { next: Float64Array; clean: Float64Array } {
  const { sample, output, previousClean, noise } = values;
  const length = sample.length;
  const clean = new Float64Array(length);
  const next = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const predicted = c.cleanOfSample * sample[i]! + c.cleanOfOutput * output[i]!;
    clean[i] = Math.min(Math.max(predicted, -c.cleanBound), c.cleanBound);
    next[i] = c.ofSample * sample[i]! + c.ofOutput * output[i]! + c.ofClean * clean[i]!;
    if (c.ofPreviousClean !== 0) next[i]! += c.ofPreviousClean * previousClean![i]!;
    if (c.ofNoise !== 0) next[i]! += c.ofNoise * noise![i]!;
  }
  return { next, clean };
}
