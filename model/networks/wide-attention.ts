/** Attention with heads wider than the fused kernel takes. */

import { concat, matmul, scale, slice, softmax, type Tensor } from '../../engine/engine.js';

/** Bytes of scores that exist at once: far below what a device binds, and enough rows to keep a product busy. */
const SCORE_BYTES = 32 * 2 ** 20;

/**
 * softmax(q·kᵀ / √D)·v for one head of any width: q [B, N, D], k and v [B, Nk, D] → [B, N, D]. Queries go in blocks whose
 * scores take `scoreBytes` at most (a block has at least one row), since N × Nk scores of a picture may exceed what a
 * device binds. Statistics are f32.
 */
export function wideAttention(q: Tensor, k: Tensor, v: Tensor, scoreBytes: number = SCORE_BYTES): Tensor {
  const [batch, queries, width] = q.shape as [number, number, number];
  const scaled = scale(q, 1 / Math.sqrt(width));
  const most = Math.max(1, Math.floor(scoreBytes / (4 * batch * k.shape[1]!)));
  const blocks = Math.ceil(queries / most);
  const rows = Math.ceil(queries / blocks);
  const parts: Tensor[] = [];
  for (let start = 0; start < queries; start += rows) {
    const block = slice(scaled, 1, start, Math.min(queries, start + rows));
    parts.push(matmul(softmax(matmul(block, k, { transposeB: true })), v));
  }
  return concat(parts, 1);
}
