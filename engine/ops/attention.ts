/** Scaled dot-product attention. */

import { type AttentionAttributes, attentionFamily, MAX_HEAD } from '../../kernels/attention/attention.js';
import { lower, shapeText, type TensorType } from '../../kernels/kernel.js';
import { DTypeError, ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';
import { add, cast, exp, mul, scale as scaled, sub } from './elementwise.js';
import { reshape } from './layout.js';
import { matmul } from './matmul.js';
import { sum, sumTo } from './reduce.js';

export const attentionOp: Op<AttentionAttributes> = {
  name: 'attention',
  infer([q, k, v, mask]) {
    for (const [name, t] of Object.entries({ q, k, v })) {
      if (t!.shape.length !== 4)
        throw new ShapeError(`${name} is [batch, heads, length, head size], not ${shapeText(t!.shape)}`);
      if (t!.dtype !== q!.dtype || (t!.dtype !== 'f32' && t!.dtype !== 'f16')) {
        throw new DTypeError(`q, k and v are all f32 or all f16; ${name} is ${t!.dtype}`);
      }
    }
    const [batch, heads, queries, head] = q!.shape as [number, number, number, number];
    const keys = k!.shape[2]!;
    if (head > MAX_HEAD) throw new ShapeError(`the head size is ${head}; ${MAX_HEAD} is the most`);
    for (const [name, t] of Object.entries({ k, v })) {
      if (t!.shape.join() !== [batch, heads, keys, head].join()) {
        throw new ShapeError(
          `${name} must be ${shapeText([batch, heads, keys, head])} to go with q ${shapeText(q!.shape)}`,
        );
      }
    }
    if (mask) checkMask(mask, [batch, heads, queries, keys]);
    return [
      { shape: q!.shape, dtype: q!.dtype },
      { shape: [batch, heads, queries], dtype: 'f32' },
    ];
  },
  lower: (profile, problem, forced) => lower(attentionFamily, profile, problem, forced),
  gradient({ inputs: [q, k, v, mask], outputs: [o, lse], grads: [g, gLse], attrs, needs }) {
    // One matrix a head: [B·H, N, D]. The probabilities come back from the scores and the kept log-sum-exp; the identity
    // Σ_key p·dp = g·o saves a pass over them (Dao et al. 2022, appendix B.2).
    const heads = (t: Tensor): Tensor => reshape(t, [t.shape[0]! * t.shape[1]!, t.shape[2]!, t.shape[3]!]);
    const [Q, K, V] = [heads(q!), heads(k!), heads(v!)];
    const rows = [Q.shape[0]!, Q.shape[1]!, 1];
    let scores = cast(scaled(matmul(Q, K, { transposeB: true }), attrs.scale), 'f32');
    if (mask) {
      const full = [...q!.shape.slice(0, 3), k!.shape[2]!];
      scores = reshape(add(reshape(scores, full), cast(mask, 'f32')), scores.shape);
    }
    const p = exp(sub(scores, reshape(lse!, rows)));
    let slope: Tensor | null = null;
    let gV: Tensor | null = null;
    if (g) {
      const G = heads(g);
      gV = needs[2] ? matmul(cast(p, G.dtype), G, { transposeA: true }) : null;
      const dp = cast(matmul(G, V, { transposeB: true }), 'f32');
      slope = sub(dp, sum(cast(mul(G, heads(o!)), 'f32'), [2], { keepDims: true }));
    }
    if (gLse) slope = slope ? add(slope, reshape(gLse, rows)) : reshape(gLse, rows);
    if (!slope) return [null, null, null, null];
    const dScores = mul(p, slope);
    const dProducts = cast(scaled(dScores, attrs.scale), Q.dtype);
    const gMask =
      mask && needs[3]
        ? cast(sumTo(reshape(dScores, [...q!.shape.slice(0, 3), k!.shape[2]!]), mask.shape), mask.dtype)
        : null;
    return [
      needs[0] ? reshape(matmul(dProducts, K), q!.shape) : null,
      needs[1] ? reshape(matmul(dProducts, Q, { transposeA: true }), k!.shape) : null,
      gV && reshape(gV, v!.shape),
      ...(mask ? [gMask] : []),
    ];
  },
};

function checkMask(mask: TensorType, full: readonly number[]): void {
  const fits = mask.shape.length === 4 && mask.shape.every((n, i) => n === full[i] || (i < 3 && n === 1));
  if (!fits)
    throw new ShapeError(
      `the mask must broadcast to ${shapeText(full)} over its first three dimensions, not ${shapeText(mask.shape)}`,
    );
  if (mask.dtype !== 'f32' && mask.dtype !== 'f16') throw new DTypeError(`the mask is f32 or f16, not ${mask.dtype}`);
}

export interface AttentionOptions {
  /** Added to the scaled scores: [B or 1, H or 1, N or 1, Nk]; large negative values (−1e4) shut keys out. */
  mask?: Tensor;
  /** Factor on q·k; 1/√D unless given. */
  scale?: number;
}

/**
 * `softmax(scale · q·kᵀ + mask) · v` for each head: q [B, H, N, D], k and v [B, H, Nk, D] → [B, H, N, D], D ≤ 128.
 * Softmax statistics are f32 and no N × Nk tensor is stored on the way forward.
 * @throws {ShapeError} when shapes do not go together or D is above 128
 * @throws {DTypeError} when q, k and v are not all f32 or all f16
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { mask, scale = 1 / Math.sqrt(q.shape.at(-1) ?? 1) } = options;
  return q.graph.apply(attentionOp, [q, k, v, ...(mask ? [mask] : [])], { scale })[0]!;
}
