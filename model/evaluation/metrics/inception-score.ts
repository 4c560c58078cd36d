/**
 * Inception score of what a tagger hears (Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016): high
 * where each sound is heard as one class for certain, and all sounds together as many classes.
 *
 * It knows neither the video nor the true sound: certain, varied and wrong scores high.
 */

import { EvaluationError } from '../errors.js';
import { logSoftmax } from './log-softmax.js';

/**
 * exp of the mean over sounds of KL(p(class | sound) ‖ p(class)), p(class) being the mean over the same sounds: from 1 to
 * the number of classes, and never above the number of sounds. One split, where the paper takes ten: it is meant for few
 * sounds, and like every inception score depends on how many they are (Chong and Forsyth, CVPR 2020). Compare equal numbers.
 *
 * @param logits one array of class logits a sound
 * @throws {EvaluationError} without sounds, without classes, or when the numbers of classes differ
 */
export function inceptionScore(logits: readonly ArrayLike<number>[]): number {
  const classes = logits[0]?.length ?? 0;
  if (classes === 0 || logits.some(({ length }) => length !== classes)) {
    const counts = [...new Set(logits.map(({ length }) => length))].join(', ') || 'no';
    throw new EvaluationError(
      `inception score: ${logits.length} sounds with ${counts} classes; give one or more sounds, all of one tagger`,
    );
  }
  const logConditional = logits.map(logSoftmax);
  const marginal = new Float64Array(classes);
  for (const each of logConditional)
    for (let c = 0; c < classes; c++) marginal[c]! += Math.exp(each[c]!) / logits.length;
  let sum = 0;
  for (const each of logConditional) {
    for (let c = 0; c < classes; c++) {
      const probability = Math.exp(each[c]!);
      if (probability > 0) sum += probability * (each[c]! - Math.log(marginal[c]!));
    }
  }
  return Math.exp(sum / logits.length);
}
