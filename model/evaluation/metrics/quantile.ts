/** Quantiles of a sample. */

/**
 * The q-th quantile, interpolated linearly between order statistics (Hyndman and Fan's type 7, NumPy's default).
 *
 * @param values in any order
 * @param q 0…1
 * @returns null of no values
 */
export function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
