/** Attention over tokens: in several heads by the fused kernel, and with one head of any width in blocks of queries. */

import {
  attention,
  concat,
  matmul,
  permute,
  reshape,
  scale,
  slice,
  softmax,
  type Tensor,
} from '../../engine/engine.js';

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
  const splitHeads = (x: Tensor): Tensor =>
    permute(reshape(x, [batch, x.shape[1]!, heads, channels / heads]), [0, 2, 1, 3]);
  const attended = attention(splitHeads(q), splitHeads(k), splitHeads(v), mask && { mask });
  return reshape(permute(attended, [0, 2, 1, 3]), [batch, queries, channels]);
}

/** Bytes of scores that exist at once: far below what a device binds, and enough rows to keep a product busy. */
const SCORE_BYTES = 32 * 2 ** 20;

/**
 * softmax(q·kᵀ / √D)·v for one head that is wider than the fused kernel takes: q [B, N, D], k and v [B, M, D] → [B, N, D].
 * Queries go in blocks whose scores take `scoreBytes` at most (a block has at least one row), since the N × M scores of an
 * image may exceed what a device binds. Statistics are f32.
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
