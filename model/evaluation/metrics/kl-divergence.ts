/**
 * Kullback-Leibler divergence of what a tagger hears: the class probabilities of a clip's true sound against those of the
 * sound generated for it.
 *
 * As for the text-to-audio models (AudioGen: Kreuk et al., ICLR 2023; AudioLDM: Liu et al., ICML 2023), with the softmax
 * over the tagger's classes. It is blind to time: it cannot see whether a sound comes when the picture shows it.
 */

import { EvaluationError } from '../errors.js';
import { logSoftmax } from './log-softmax.js';

/**
 * KL(p ‖ q) = Σ p (ln p − ln q) in nats, with p = softmax(reference) and q = softmax(generated): 0 for the same
 * probabilities, without an upper bound. Finite for finite logits: no probability is rounded to 0.
 *
 * @throws {EvaluationError} when the two have different numbers of classes, or none
 */
export function klDivergence(reference: ArrayLike<number>, generated: ArrayLike<number>): number {
  if (reference.length === 0 || reference.length !== generated.length) {
    throw new EvaluationError(
      `KL divergence: logits of ${reference.length} and ${generated.length} classes; take both of one tagger`,
    );
  }
  const logP = logSoftmax(reference);
  const logQ = logSoftmax(generated);
  let sum = 0;
  for (let c = 0; c < logP.length; c++) sum += Math.exp(logP[c]!) * (logP[c]! - logQ[c]!);
  // A rounding error must not make a divergence of equals negative.
  return Math.max(0, sum);
}

/**
 * The mean over clips of KL(true ‖ generated), in nats; the i-th of both belong to one clip.
 *
 * @throws {EvaluationError} when the numbers of sounds or of classes differ, or there is no sound
 */
export function meanKlDivergence(
  reference: readonly ArrayLike<number>[],
  generated: readonly ArrayLike<number>[],
): number {
  if (reference.length === 0 || reference.length !== generated.length) {
    throw new EvaluationError(
      `KL divergence: ${reference.length} true and ${generated.length} generated sounds; give one of each for every clip`,
    );
  }
  const sum = reference.reduce((total, logits, i) => total + klDivergence(logits, generated[i]!), 0);
  return sum / reference.length;
}
