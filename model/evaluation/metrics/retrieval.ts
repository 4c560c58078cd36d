/** Retrieval: whether a generated sound is nearer to the true sound of its clip than to those of the other clips. */

import { EvaluationError } from '../errors.js';

export interface Retrieval {
  /** Of each generated sound: the rank of its true sound among all true sounds, from 1 (the nearest). */
  ranks: number[];
  /** Share of rank 1 (R@1), 0…1; 1/N by chance. */
  recallAt1: number;
  /** (N + 1)/2 by chance. */
  meanRank: number;
}

/**
 * Ranks true sounds by the cosine of their embeddings with that of each generated sound.
 *
 * @param generated embeddings, of one length
 * @param truth that of the same clip at the same place
 * @throws {EvaluationError} when there is none, their numbers differ, or their lengths do
 */
export function retrieval(generated: readonly Float32Array[], truth: readonly Float32Array[]): Retrieval {
  if (generated.length !== truth.length || truth.length === 0) {
    throw new EvaluationError(
      `retrieval: ${generated.length} generated sounds and ${truth.length} true ones; expected as many, at least one`,
    );
  }
  const ranks = generated.map((embedding, i) =>
    rankOf(
      i,
      truth.map((other) => cosine(embedding, other)),
    ),
  );
  const share = 1 / ranks.length;
  return {
    ranks,
    recallAt1: ranks.filter((rank) => rank === 1).length * share,
    meanRank: ranks.reduce((sum, rank) => sum + rank, 0) * share,
  };
}

/** Equal similarities count against the true one: a system whose sounds are all alike finds nothing. */
function rankOf(index: number, similarities: readonly number[]): number {
  return similarities.filter((similarity) => !(similarity < similarities[index]!)).length;
}

/** Of the angle between two vectors, −1…1; 0 where one is zero. */
function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    throw new EvaluationError(
      `retrieval: embeddings of ${a.length} and ${b.length} values; expected those of one tagger`,
    );
  }
  let [dot, sizeA, sizeB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    sizeA += a[i]! ** 2;
    sizeB += b[i]! ** 2;
  }
  return sizeA === 0 || sizeB === 0 ? 0 : dot / Math.sqrt(sizeA * sizeB);
}
