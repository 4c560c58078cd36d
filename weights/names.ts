/** Names that may be meant by one that is not there. */

import { distance } from 'fastest-levenshtein';

/** Names that are compared for one suggestion, so that huge files cost no time. */
const COMPARED = 4096;

/** Names within a distance of `name` in proportion to its length, closest first, at most three. */
export function closestNames(name: string, candidates: readonly string[]): string[] {
  const farthest = Math.max(2, Math.floor(name.length * 0.4));
  return candidates
    .slice(0, COMPARED)
    .filter((candidate) => Math.abs(candidate.length - name.length) <= farthest)
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .filter(({ edits }) => edits <= farthest)
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
