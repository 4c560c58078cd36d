/** The problem that the matmul family solves. */

import type { EpilogueProblem } from '../common/epilogue.js';
import { type Define, sizeOf } from '../kernel.js';

export interface MatmulAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

/** Inputs: a, b, then the operands of the epilogue. */
export type MatmulProblem = EpilogueProblem & MatmulAttributes;

export interface MatmulSizes {
  m: number;
  n: number;
  k: number;
  batch: number;
  /** Elements from one matrix of the batch to the next; 0 where one matrix serves all. */
  strideA: number;
  strideB: number;
}

export function matmulSizes({ inputs: [a, b], transposeA, transposeB }: MatmulProblem): MatmulSizes {
  const [am, ak] = a!.shape.slice(-2) as [number, number];
  const [bk, bn] = b!.shape.slice(-2) as [number, number];
  const batchA = sizeOf(a!.shape.slice(0, -2));
  const batchB = sizeOf(b!.shape.slice(0, -2));
  return {
    m: transposeA ? ak : am,
    k: transposeA ? am : ak,
    n: transposeB ? bk : bn,
    batch: Math.max(batchA, batchB),
    strideA: batchA > 1 ? am * ak : 0,
    strideB: batchB > 1 ? bk * bn : 0,
  };
}

/** The defines that every template of the family takes. */
export function matmulTypes(problem: MatmulProblem): Record<string, Define> {
  return {
    A_TYPE: problem.inputs[0]!.dtype,
    B_TYPE: problem.inputs[1]!.dtype,
    C_TYPE: problem.outputs[0]!.dtype,
    TRANSPOSE_A: problem.transposeA,
    TRANSPOSE_B: problem.transposeB,
    OUTPUT_BINDING: problem.inputs.length,
  };
}

export const matmulFlops = (problem: MatmulProblem): number => {
  const { m, n, k, batch } = matmulSizes(problem);
  return 2 * batch * m * n * k;
};
