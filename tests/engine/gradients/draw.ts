/** Shapes and values that gradient cases draw. */

import type { CaseRandom } from '../../../kernels/cases.js';

/** Ragged sizes, with a last one that divides by 4 every other time, so that vectorised kernels are met as well. */
export function anyShape(random: CaseRandom, least = 1, most = 4): number[] {
  const shape = Array.from({ length: random.int(least, most) }, () => random.int(1, 6));
  if (random.bool()) shape[shape.length - 1] = 4 * random.int(1, 4);
  return shape;
}

/** The shape with some dimensions of size 1 and some leading ones missing. */
export function broadcastable(random: CaseRandom, shape: readonly number[]): number[] {
  const dropped = random.int(0, 2) === 0 ? random.int(0, shape.length - 1) : 0;
  return shape.map((n) => (random.int(0, 2) === 0 ? 1 : n)).slice(dropped);
}

/** Away from 0 by 0.3 or more, of either sign. */
export const awayFromZero = (random: CaseRandom): number =>
  (random.bool() ? 1 : -1) * (0.3 + Math.abs(random.normal()));

/** Between 0.5 and 2.5. */
export const positive = (random: CaseRandom): number => random.real(0.5, 2.5);

/** Multiples of 0.5: two operands drawn with different `phase` (0, 0.25) are never closer than 0.25. */
export const lattice =
  (phase: number) =>
  (random: CaseRandom): number =>
    0.5 * random.int(-3, 3) + phase;

/** All different by 0.2 or more, in an order that looks random. */
export const distinct = (_: CaseRandom, index: number): number =>
  ((index * 0.618_033_988_749) % 1) * 0.01 + 0.2 * ((index * 7919) % 1009);
