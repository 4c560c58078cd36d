/** Reproducible random numbers of tests. Kernels draw their problems with `kernels/case-random.ts`. */

/** Draws uniform numbers in [0, 1) (xorshift32, Marsaglia 2003). */
export function uniformSource(seed = 1): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** Uniform values in [−1, 1). */
export function noise(count: number, seed = 1): Float32Array {
  const uniform = uniformSource(seed);
  return Float32Array.from({ length: count }, () => 2 * uniform() - 1);
}
