/** Random tensors by counter. Seed, step and row are inputs, never baked, so that a replayed plan draws anew. */

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
  infer([seed, step, row], { shape, dtype, rowBlocks }) {
    check('seed', seed!, 2);
    check('step', step!, 1);
    check('row', row!, 1);
    if (!Number.isInteger(rowBlocks)) {
      throw new ShapeError(`rows have a multiple of 4 numbers, not ${4 * rowBlocks}: random numbers come in fours`);
    }
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
  /**
   * For a part of a longer sequence: the numbers begin at row `at` (u32 [1]) of a sequence whose rows have `length` numbers, a
   * multiple of 4. What is drawn for a row is then the same whichever part it is drawn in.
   */
  row?: { at: Tensor; length: number };
  /** f32 unless given. */
  dtype?: 'f32' | 'f16';
}

function draw(graph: Graph, kind: RandomKind, shape: readonly number[], options: RandomOptions): Tensor {
  const { seed, stream, dtype = 'f32' } = options;
  const zero = (): Tensor => graph.constant(new Uint32Array(1));
  const { step = zero(), row = { at: zero(), length: 0 } } = options;
  const attributes = { kind, stream, first: 0, rowBlocks: row.length / 4, domain: 0, shape, dtype };
  return graph.apply(randomOp, [seed, step, row.at], attributes)[0]!;
}

/**
 * Standard normal numbers (Philox4x32-10 and Box–Muller), a function of seed, step and stream alone. Not
 * differentiable.
 * @throws {DTypeError} when seed, step or row are not u32
 * @throws {ShapeError} when the seed is not [2], step or row not [1], or a row's length no multiple of 4
 */
export const randomNormal = (graph: Graph, shape: readonly number[], options: RandomOptions): Tensor =>
  draw(graph, 'normal', shape, options);

/** Uniform numbers in [0, 1), multiples of 2⁻²⁴, bit for bit the same on every adapter; otherwise as `randomNormal`. */
export const randomUniform = (graph: Graph, shape: readonly number[], options: RandomOptions): Tensor =>
  draw(graph, 'uniform', shape, options);
