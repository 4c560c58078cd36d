/** Random tensors by counter. Seed and step are inputs, never baked, so that a replayed plan draws anew. */

import { type DType, lower, shapeText, type TensorType } from '../../kernels/kernel.js';
import type { RandomKind } from '../../kernels/random/philox.js';
import { type RandomAttributes, randomFamily } from '../../kernels/random/random.js';
import { DTypeError, ShapeError } from '../errors.js';
import type { Graph, Op, Tensor } from '../graph.js';

interface DrawAttributes extends RandomAttributes {
  shape: readonly number[];
  dtype: DType;
}

const randomOp: Op<DrawAttributes> = {
  name: 'random',
  infer([seed, step], { shape, dtype }) {
    check('seed', seed!, 2);
    check('step', step!, 1);
    return [{ shape: [...shape], dtype }];
  },
  lower: (profile, problem, forced) => lower(randomFamily, profile, problem, forced),
};

function check(name: string, { shape, dtype }: TensorType, words: number): void {
  if (dtype !== 'u32') throw new DTypeError(`the ${name} is u32, not ${dtype}`);
  if (shape.length !== 1 || shape[0] !== words)
    throw new ShapeError(`the ${name} has shape [${words}], not ${shapeText(shape)}`);
}

export interface RandomOptions {
  /** u32 [2]: the seed's low and high words. */
  seed: Tensor;
  /** u32 [1]: the training or sampling step; 0 unless given. */
  step?: Tensor;
  /** Tells apart what is drawn at the same seed and step: two draws of one stream are equal. */
  stream: number;
  /** f32 unless given. */
  dtype?: 'f32' | 'f16';
}

function draw(graph: Graph, kind: RandomKind, shape: readonly number[], options: RandomOptions): Tensor {
  const { seed, step = graph.constant(new Uint32Array(1)), stream, dtype = 'f32' } = options;
  return graph.apply(randomOp, [seed, step], { kind, stream, first: 0, domain: 0, shape, dtype })[0]!;
}

/**
 * Standard normal numbers (Philox4x32-10 and Box–Muller), a function of seed, step and stream alone. Not
 * differentiable.
 * @throws {DTypeError} when seed or step are not u32
 * @throws {ShapeError} when the seed is not [2] or the step not [1]
 */
export const randomNormal = (graph: Graph, shape: readonly number[], options: RandomOptions): Tensor =>
  draw(graph, 'normal', shape, options);

/** Uniform numbers in [0, 1), multiples of 2⁻²⁴, bit for bit the same on every adapter; otherwise as `randomNormal`. */
export const randomUniform = (graph: Graph, shape: readonly number[], options: RandomOptions): Tensor =>
  draw(graph, 'uniform', shape, options);
