/** The order in which test files are handed out: the long ones first, so that no process is left with one at the end. */

/** Seconds that the longest files take with an empty shader cache; rounded, and only their order matters. */
const SECONDS: Readonly<Record<string, number>> = {};

/** Files by falling duration; those without a record come last, by name. */
export function longestFirst(files: readonly string[]): string[] {
  const seconds = (file: string): number => SECONDS[file] ?? 0;
  return [...files].sort((a, b) => seconds(b) - seconds(a) || (a < b ? -1 : 1));
}
