/** The seeded generator and the operand values that the harness, the compile check and `bench` draw problems with. */

import type { CaseRandom, FamilyCases } from './cases.js';
import { type Problem, sizeOf } from './kernel.js';

/** Same seed, same sequence, everywhere (Mulberry32). */
export function caseRandom(seed: number): CaseRandom {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    int: (low, high) => low + Math.floor(unit() * (high - low + 1)),
    real: (low, high) => low + unit() * (high - low),
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    bool: () => unit() < 0.5,
    pick: (choices) => choices[Math.floor(unit() * choices.length)]!,
  };
}

/** A seed that differs between names, so that no two families see the same numbers. */
export function seedOf(name: string): number {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  return hash >>> 0;
}

/** Values for every input of a problem: the family's own, or standard normal for floats and 0 for integers. */
export function operandValues<P extends Problem>(
  cases: FamilyCases<P>,
  problem: P,
  random: CaseRandom,
): Float64Array[] {
  if (cases.fill) return cases.fill(problem, random);
  return problem.inputs.map(({ shape, dtype }) => {
    const values = new Float64Array(sizeOf(shape));
    if (dtype === 'f32' || dtype === 'f16') for (let i = 0; i < values.length; i++) values[i] = random.normal();
    return values;
  });
}
