/** Matrix product, batched, with either operand transposed. */

import type { EpilogueProblem } from '../../kernels/common/epilogue.js';
import { lower, shapeText, sizeOf } from '../../kernels/kernel.js';
import { type MatmulAttributes, matmulFamily } from '../../kernels/matmul/matmul.js';
import { DTypeError, ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';
import { reshape } from './layout.js';
import { sumTo } from './reduce.js';

/** The planner's fusion pass adds `epilogue` and its operands (inputs 2 …); differentiation comes before it. */
export type MatmulOpAttributes = MatmulAttributes & Pick<EpilogueProblem, 'epilogue'>;

export const matmulOp: Op<MatmulOpAttributes> = {
  name: 'matmul',
  fusesEpilogue: true,
  infer([a, b, ...extras], { transposeA, transposeB, epilogue }) {
    if (a!.shape.length < 2 || b!.shape.length < 2) throw new ShapeError('both operands need at least two dimensions');
    for (const { dtype } of [a!, b!]) {
      if (dtype !== 'f32' && dtype !== 'f16') throw new DTypeError(`operands are f32 or f16, not ${dtype}`);
    }
    const [m, k] = matrixOf(a!.shape, transposeA);
    const [k2, n] = matrixOf(b!.shape, transposeB);
    if (k !== k2) throw new ShapeError(`the inner sizes ${k} and ${k2} differ`);
    const batchA = a!.shape.slice(0, -2);
    const batchB = b!.shape.slice(0, -2);
    if (batchA.length > 0 && batchB.length > 0 && batchA.join() !== batchB.join()) {
      throw new ShapeError(
        `the batch dimensions ${shapeText(batchA)} and ${shapeText(batchB)} differ; give equal ones, or none on one side`,
      );
    }
    const shape = [...(batchA.length >= batchB.length ? batchA : batchB), m, n];
    for (const [i, kind] of (epilogue?.operands ?? []).entries()) {
      const expected = kind === 'column' ? n : sizeOf(shape);
      const extra = extras[i];
      if (!extra || sizeOf(extra.shape) !== expected) {
        throw new ShapeError(`epilogue operand ${i} (${kind}) needs ${expected} elements, not [${extra?.shape ?? ''}]`);
      }
    }
    return [{ shape, dtype: a!.dtype }];
  },
  lower: (profile, problem, forced) => lower(matmulFamily, profile, problem, forced),
  gradient({ inputs: [a, b], grads: [g], attrs: { transposeA, transposeB }, needs }) {
    if (!g) return [null, null];
    return [
      needs[0] ? gradientOfA(a!, b!, g, transposeA, transposeB) : null,
      needs[1] ? gradientOfB(a!, b!, g, transposeA, transposeB) : null,
    ];
  },
};

function gradientOfA(a: Tensor, b: Tensor, g: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const ga = transposeA
    ? matmul(b, g, { transposeA: transposeB, transposeB: true })
    : matmul(g, b, { transposeB: !transposeB });
  return sumTo(ga, a.shape);
}

function gradientOfB(a: Tensor, b: Tensor, g: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  if (b.rank < g.rank && !transposeA) {
    // One B for the whole batch: the batch joins the rows, so that the sum over it is the product's own.
    const rows = (t: Tensor): Tensor => reshape(t, [sizeOf(t.shape.slice(0, -1)), t.shape.at(-1)!]);
    return transposeB ? matmul(rows(g), rows(a), { transposeA: true }) : matmul(rows(a), rows(g), { transposeA: true });
  }
  const gb = transposeB
    ? matmul(g, a, { transposeA: true, transposeB: transposeA })
    : matmul(a, g, { transposeA: !transposeA });
  return sumTo(gb, b.shape);
}

function matrixOf(shape: readonly number[], transposed: boolean): [number, number] {
  const [rows, cols] = shape.slice(-2) as [number, number];
  return transposed ? [cols, rows] : [rows, cols];
}

/**
 * `a · b` over the last two dimensions: [..., M, K] · [..., K, N] → [..., M, N]. `transposeA` takes `a` as [..., K, M],
 * `transposeB` takes `b` as [..., N, K]. Batch dimensions are equal, or absent on one side (that matrix is repeated).
 * Sums are taken in f32; the result has the storage type of `a`.
 * @throws {ShapeError} when sizes do not fit
 * @throws {DTypeError} when an operand is neither f32 nor f16
 */
export function matmul(a: Tensor, b: Tensor, options: Partial<MatmulAttributes> = {}): Tensor {
  const attrs = { transposeA: options.transposeA ?? false, transposeB: options.transposeB ?? false };
  return a.graph.apply(matmulOp, [a, b], attrs)[0]!;
}
