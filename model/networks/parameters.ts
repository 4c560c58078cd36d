/** Named weights of a model: where module code declares them, and how they are initialized. */

import type { Graph, Tensor } from '../../engine/engine.js';

/** How a weight is initialized: `fanIn` is U(±1/√fan-in), as PyTorch's layers have it. */
export type Initial =
  | { kind: 'zeros' | 'ones' }
  | { kind: 'value'; value: number }
  | { kind: 'normal'; deviation: number }
  | { kind: 'fanIn'; fan: number };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** How the device stores it. */
  readonly storage: 'f32' | 'f16';
  readonly initial: Initial;
  /** Weight decay applies (matrices and kernels, not biases, gains or embeddings of position). */
  readonly decays: boolean;
  /**
   * Where a PyTorch checkpoint keeps the dimensions: dimension `d` of ours is dimension `torchOrder[d]` of its tensor.
   * Absent: they are the same.
   */
  readonly torchOrder?: readonly number[];
}

/** `torchOrder` of each kind of layer: ours are channels-last and [inputs, outputs]. */
export const TORCH_ORDER = {
  /** [out, in] → [in, out] */
  linear: [1, 0],
  /** [out, in, k] → [out, k, in] */
  conv1d: [0, 2, 1],
  /** [out, in, kh, kw] → [out, kh, kw, in] */
  conv2d: [0, 2, 3, 1],
  /** [in, out, k] → [in, k, out] */
  convTranspose1d: [0, 2, 1],
} as const;

export interface ParametersOptions {
  /**
   * How matrices and kernels of layers are stored; `f16` halves their memory and rounds them, for inference. Biases, gains,
   * embeddings and all activations stay f32.
   */
  weights?: 'f32' | 'f16';
}

/** The parameters that traced module code has declared, in order. */
export class Parameters {
  readonly graph: Graph;
  readonly specs: Map<string, ParameterSpec> = new Map();
  readonly #weights: 'f32' | 'f16';
  #path: string[] = [];

  constructor(graph: Graph, { weights = 'f32' }: ParametersOptions = {}) {
    this.graph = graph;
    this.#weights = weights;
  }

  /** Runs `body` with `name` in front of the names of its parameters (and in the graph's module path). */
  in<T>(name: string, body: () => T): T {
    this.#path.push(name);
    try {
      return this.graph.scope(name, body);
    } finally {
      this.#path.pop();
    }
  }

  /**
   * A parameter by its name within the current path. `storage` of a layer's matrix or kernel (what has a `torchOrder`) is
   * as the options say unless it is given.
   */
  get(
    name: string,
    shape: readonly number[],
    initial: Initial,
    torchOrder?: readonly number[],
    storage: 'f32' | 'f16' = torchOrder ? this.#weights : 'f32',
  ): Tensor {
    const full = [...this.#path, name].join('.');
    const decays = shape.length > 1 && initial.kind === 'fanIn';
    if (!this.specs.has(full)) {
      this.specs.set(full, { name: full, shape, storage, initial, decays, ...(torchOrder && { torchOrder }) });
    }
    return this.graph.variable(full, shape, storage);
  }

  /** Weight and bias of a layer of the given kind with `fan` inputs to each output. */
  layer(
    kind: keyof typeof TORCH_ORDER,
    shape: readonly number[],
    fan: number,
    outputs: number,
  ): { weight: Tensor; bias: Tensor } {
    const initial: Initial = { kind: 'fanIn', fan };
    return {
      weight: this.get('weight', shape, initial, TORCH_ORDER[kind]),
      bias: this.get('bias', [outputs], initial),
    };
  }

  tensors(): Tensor[] {
    return [...this.specs.values()].map((s) => this.graph.variable(s.name, s.shape, s.storage));
  }
}

/** Number of parameters. */
export function countParameters(specs: Iterable<Pick<ParameterSpec, 'shape'>>): number {
  let total = 0;
  for (const spec of specs) total += spec.shape.reduce((a, b) => a * b, 1);
  return total;
}

/** Initial values of one parameter, from a stream of uniform numbers in [0, 1). */
export function initialValues(spec: ParameterSpec, uniform: () => number): Float32Array {
  const values = new Float32Array(spec.shape.reduce((a, b) => a * b, 1));
  const { initial } = spec;
  switch (initial.kind) {
    case 'zeros':
      return values;
    case 'ones':
      return values.fill(1);
    case 'value':
      return values.fill(initial.value);
    case 'normal':
      return values.map(
        () => initial.deviation * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
      );
    case 'fanIn':
      return values.map(() => (2 * uniform() - 1) / Math.sqrt(initial.fan));
  }
}
