/** Names that may be meant by one that is not there. */

/** Names that are compared for one suggestion, so that huge files cost no time. */
const COMPARED = 4096;

/** Names within reach of `name` by edit distance, closest first, at most three. */
export function closestNames(name: string, candidates: readonly string[]): string[] {
  const reach = Math.max(2, Math.floor(name.length * 0.4));
  return candidates
    .slice(0, COMPARED)
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate, reach) }))
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/**
 * Levenshtein distance (insertions, deletions, substitutions), by rows of the usual table; anything above `reach` is
 * given as `reach + 1`, and found out early.
 */
export function editDistance(a: string, b: string, reach: number = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) > reach) return reach + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j] + 1, next[j - 1] + 1));
      least = Math.min(least, next[j]);
    }
    if (least > reach) return reach + 1;
    row = next;
  }
  return Math.min(row[b.length], reach + 1);
}
