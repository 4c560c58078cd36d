/** Tags: the classes that a tagger is surest of, and whether two sounds have the same ones. */

import { EvaluationError } from '../errors.js';

export interface Tag {
  name: string;
  /** 0…1: the sigmoid of the class's logit, for taggers whose classes do not exclude one another. */
  probability: number;
}

/**
 * The `k` classes with the highest logits, highest first; of equal ones the first counts.
 *
 * @throws {EvaluationError} when there are not as many names as logits, or fewer than `k`
 */
export function topTags(logits: ArrayLike<number>, classes: readonly string[], k: number): Tag[] {
  if (logits.length !== classes.length || !(k >= 1 && k <= classes.length)) {
    throw new EvaluationError(
      `top tags: ${k} of ${logits.length} logits with ${classes.length} names; expected a name for each logit, and 1 to that many tags`,
    );
  }
  return classes
    .map((name, i) => ({ name, logit: logits[i]! }))
    .sort((a, b) => b.logit - a.logit)
    .slice(0, k)
    .map(({ name, logit }) => ({ name, probability: 1 / (1 + Math.exp(-logit)) }));
}

/**
 * Share of tags that two lists have in common, 0…1: their number over the length of the longer list. 1 for two empty lists.
 * With k tags of n classes each, lists drawn at random share k/n on average.
 */
export function tagOverlap(a: readonly Pick<Tag, 'name'>[], b: readonly Pick<Tag, 'name'>[]): number {
  const names = new Set(a.map(({ name }) => name));
  const common = b.filter(({ name }) => names.has(name)).length;
  const longer = Math.max(a.length, b.length);
  return longer === 0 ? 1 : common / longer;
}
