/** Attention for the harness: f64 reference, ragged problems, sizes to time. */

import type { CaseRandom, FamilyCases } from '../cases.js';
import { type DType, sizeOf, type TensorType } from '../kernel.js';
import { attentionFamily } from './attention.js';
import { type AttentionProblem, attentionSizes } from './problem.js';

function reference(problem: AttentionProblem, [q, k, v, mask]: readonly Float64Array[]): Float64Array[] {
  const { batch, heads, queries, keys, head, maskStrides } = attentionSizes(problem);
  const o = new Float64Array(batch * heads * queries * head);
  const lse = new Float64Array(batch * heads * queries);
  for (let row = 0; row < lse.length; row++) {
    const at = Math.floor(row / queries);
    const maskAt =
      Math.floor(at / heads) * maskStrides.batch +
      (at % heads) * maskStrides.head +
      (row % queries) * maskStrides.query;
    const scores = Float64Array.from({ length: keys }, (_, key) => {
      let sum = 0;
      for (let c = 0; c < head; c++) sum += q![row * head + c]! * k![(at * keys + key) * head + c]!;
      return sum * problem.scale + (mask ? mask[maskAt + key]! : 0);
    });
    const top = scores.reduce((a, b) => Math.max(a, b));
    const total = scores.reduce((sum, s) => sum + Math.exp(s - top), 0);
    for (let key = 0; key < keys; key++) {
      const p = Math.exp(scores[key]! - top) / total;
      for (let c = 0; c < head; c++) o[row * head + c]! += p * v![(at * keys + key) * head + c]!;
    }
    lse[row] = top + Math.log(total);
  }
  return [o, lse];
}

function problemOf(
  sizes: { batch: number; heads: number; queries: number; keys: number; head: number },
  dtype: DType,
  mask?: readonly number[],
): AttentionProblem {
  const { batch, heads, queries, keys, head } = sizes;
  const q: TensorType = { shape: [batch, heads, queries, head], dtype };
  const kv: TensorType = { shape: [batch, heads, keys, head], dtype };
  return {
    inputs: [q, kv, kv, ...(mask ? [{ shape: mask, dtype }] : [])],
    outputs: [q, { shape: [batch, heads, queries], dtype: 'f32' }],
    scale: 1 / Math.sqrt(head),
  };
}

function random(r: CaseRandom, dtype: 'f32' | 'f16'): AttentionProblem {
  const sizes = {
    batch: r.int(1, 2),
    heads: r.int(1, 3),
    queries: r.pick([1, r.int(2, 8), r.int(9, 50), 32]),
    keys: r.pick([1, r.int(2, 40), r.int(33, 80), 64]),
    // Few head sizes, since each is a pipeline of its own; one that vectors cannot read.
    head: r.pick([8, 32, 40, 27]),
  };
  const mask = [r.pick([1, sizes.batch]), r.pick([1, sizes.heads]), r.pick([1, sizes.queries]), sizes.keys];
  return problemOf(sizes, dtype, r.bool() ? mask : undefined);
}

/** Standard normal operands; a third of the mask shuts keys out, as padding and windows do. */
function fill(problem: AttentionProblem, r: CaseRandom): Float64Array[] {
  return problem.inputs.map(({ shape }, i) =>
    Float64Array.from({ length: sizeOf(shape) }, () => (i === 3 && r.int(0, 2) === 0 ? -1e4 : r.normal())),
  );
}

export const attentionCases: FamilyCases<AttentionProblem> = {
  family: attentionFamily,
  reference,
  random,
  fill,
  perf: [
    {
      name: 'attention 8 heads 1024×64 f32',
      problem: problemOf({ batch: 1, heads: 8, queries: 1024, keys: 1024, head: 64 }, 'f32'),
    },
    {
      name: 'attention 8 heads 1024×40, 77 keys f32',
      problem: problemOf({ batch: 1, heads: 8, queries: 1024, keys: 77, head: 40 }, 'f32'),
    },
    {
      name: 'attention training 16×4 heads 250×64 f32',
      problem: problemOf({ batch: 16, heads: 4, queries: 250, keys: 250, head: 64 }, 'f32'),
    },
    {
      name: 'attention 8 heads 1024×64 f16',
      problem: problemOf({ batch: 1, heads: 8, queries: 1024, keys: 1024, head: 64 }, 'f16'),
    },
  ],
};
