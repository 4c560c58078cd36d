/** The problem that the attention family solves. */

import { type Define, type Problem, sizeOf } from '../kernel.js';

export interface AttentionAttributes {
  /** Factor on q·k, usually 1/√D. */
  scale: number;
}

/**
 * Inputs: q [B, H, N, D], k [B, H, Nk, D], v [B, H, Nk, D] and perhaps an additive mask [B|1, H|1, N|1, Nk].
 * Outputs: o [B, H, N, D] and the natural logarithm of each query's sum of exponentials, [B, H, N] in f32.
 */
export type AttentionProblem = Problem & AttentionAttributes;

export const MAX_HEAD = 128;

export interface AttentionSizes {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  head: number;
  /** Elements of the mask from one batch entry, head and query to the next; 0 where it repeats. */
  maskStrides: { batch: number; head: number; query: number };
}

export function attentionSizes({ inputs: [q, k, , mask] }: AttentionProblem): AttentionSizes {
  const [batch, heads, queries, head] = q!.shape as [number, number, number, number];
  const keys = k!.shape[2]!;
  const [b = 1, h = 1, n = 1] = mask?.shape ?? [];
  return {
    batch,
    heads,
    queries,
    keys,
    head,
    maskStrides: {
      batch: b > 1 ? h * n * keys : 0,
      head: h > 1 ? n * keys : 0,
      query: n > 1 ? keys : 0,
    },
  };
}

export function attentionParams(problem: AttentionProblem): Record<string, number> {
  const { batch, heads, queries, keys, head, maskStrides } = attentionSizes(problem);
  const params = { rows: batch * heads * queries, queries, keys, head, scale: problem.scale };
  if (!problem.inputs[3]) return params;
  return {
    ...params,
    heads,
    mask_batch: maskStrides.batch,
    mask_head: maskStrides.head,
    mask_query: maskStrides.query,
  };
}

export function attentionDefines(problem: AttentionProblem): Record<string, Define> {
  return {
    TYPE: problem.inputs[0]!.dtype,
    MASK_TYPE: problem.inputs[3]?.dtype ?? '',
    HEAD: attentionSizes(problem).head,
  };
}

/** Two products of N × Nk × D for each head. */
export const attentionFlops = ({ inputs: [q, k] }: AttentionProblem): number => 4 * sizeOf(q!.shape) * k!.shape[2]!;
