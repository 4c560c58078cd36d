/** Pearson's correlation of paired values, −1…1; null where either does not vary (or there are no values). */
export function correlation(a: readonly number[], b: readonly number[]): number | null {
  const count = a.length;
  const [meanA, meanB] = [a, b].map((values) => values.reduce((sum, v) => sum + v / count, 0)) as [number, number];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    ab += (a[i]! - meanA) * (b[i]! - meanB);
    aa += (a[i]! - meanA) ** 2;
    bb += (b[i]! - meanB) ** 2;
  }
  // Rounding leaves a trace of variance in equal values.
  return aa < 1e-12 || bb < 1e-12 ? null : ab / Math.sqrt(aa * bb);
}
