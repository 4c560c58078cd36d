/** What the planner's passes have in common. */

/** What a pass made, and what it did in a line (`DEBUG=plan`). */
export interface Passed<T> {
  readonly result: T;
  readonly did: string;
}

/** Names with how often they occur, most often first: `map 12, matmul 3`. */
export function countsText(names: Iterable<string>, separator = ', '): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.length > 0 ? sorted.map(([name, count]) => `${name} ×${count}`).join(separator) : 'none';
}
