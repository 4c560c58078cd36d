/**
 * What a family gives to the harness (`tests/kernels`), to the compile check and to `bench`: an f64 reference, random
 * problems, and the sizes worth timing. One file a family: `kernels/<family>/cases.ts`.
 */

import type { Family, Problem } from './kernel.js';

/** Uniform integers and reals; seeded, so that a failing case can be run again. */
export interface CaseRandom {
  /** An integer in [low, high]. */
  int(low: number, high: number): number;
  /** A real in [low, high). */
  real(low: number, high: number): number;
  normal(): number;
  bool(): boolean;
  pick<T>(choices: readonly T[]): T;
}

export interface FamilyCases<P extends Problem> {
  readonly family: Family<P>;
  /**
   * The reference result in f64, on the values as stored (already rounded to the operand's type), flat row-major.
   * Gives the outputs, followed by each input that the kernels update in place.
   */
  reference(problem: P, inputs: readonly Float64Array[]): Float64Array[];
  /** A small problem of ragged sizes; `dtype` is the storage type of its floating-point operands. */
  random(random: CaseRandom, dtype: 'f32' | 'f16'): P;
  /** As `random`, with weights in f16 and all else in f32; for families that take such operands together. */
  mixed?(random: CaseRandom): P;
  /** Operand values; absent: standard normal for floats, 0 for integers. */
  fill?(problem: P, random: CaseRandom): Float64Array[];
  /** Inputs that are updated in place. */
  readonly mutates?: readonly number[];
  /** Sizes to time. */
  readonly perf: readonly { name: string; problem: P }[];
}
