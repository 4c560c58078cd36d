/** Small numeric functions on the CPU, for what is computed around a plan. */

/** exp(x − max) / Σ exp(x − max), rounded to f32 at each step. Empty logits give an empty array. */
export function softmax(logits: Float32Array): Float32Array {
  const top = Math.max(...logits);
  const exponentials = logits.map((x) => Math.exp(x - top));
  const total = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((x) => x / total);
}

/** To the nearest whole number, halves to the even one, as Python's and numpy's `round`. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
