/** Attention in several heads over the channels of tokens. */

import { attention, permute, reshape, type Tensor } from '../../engine/engine.js';

/**
 * Each head attends with its own share of the channels: q [B, N, C], k and v [B, M, C] → [B, N, C]. `mask` [B|1, heads|1,
 * N|1, M] is added to the scaled scores.
 */
export function multiHeadAttention(
  { q, k, v }: { q: Tensor; k: Tensor; v: Tensor },
  heads: number,
  mask?: Tensor,
): Tensor {
  const [batch, queries, channels] = q.shape as [number, number, number];
  const apart = (x: Tensor): Tensor => permute(reshape(x, [batch, x.shape[1]!, heads, channels / heads]), [0, 2, 1, 3]);
  const mixed = attention(apart(q), apart(k), apart(v), mask && { mask });
  return reshape(permute(mixed, [0, 2, 1, 3]), [batch, queries, channels]);
}
