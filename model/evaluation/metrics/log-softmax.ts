/** Logits as logarithms of probabilities. */

/** ln softmax of logits, in f64: x − max − ln Σ exp(x − max). Empty logits give an empty array. */
export function logSoftmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const top = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let total = 0;
  for (const value of values) total += Math.exp(value - top);
  const shift = top + Math.log(total);
  return values.map((value) => value - shift);
}
