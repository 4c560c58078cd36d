/** Tensors joined along one dimension: one call an operand, each of which fills its part of the output. */

import { type Family, flatGrid, input, type Lowering, output, type Problem, sizeOf, type Variant } from '../kernel.js';

export interface ConcatAttributes {
  axis: number;
}

export type ConcatProblem = Problem & ConcatAttributes;

/** Elements of each operand that lie together in the output. */
const runs = ({ inputs, axis }: ConcatProblem): number[] => inputs.map(({ shape }) => sizeOf(shape.slice(axis)));

function joined(problem: ConcatProblem, variant: string, vec: 1 | 4, limit: number): Lowering {
  const { inputs, outputs, axis } = problem;
  const outer = sizeOf(outputs[0]!.shape.slice(0, axis));
  const total = sizeOf(outputs[0]!.shape.slice(axis)) / vec;
  let start = 0;
  const calls = runs(problem).map((elements, k) => {
    const run = elements / vec;
    const call = {
      template: 'layout/place',
      defines: { TYPE: inputs[k]!.dtype, VEC: vec },
      buffers: [input(k), output()],
      params: { outer, run, start, total },
      workgroups: flatGrid(outer * run, 64, limit),
    };
    start += run;
    return call;
  });
  return { variant, calls };
}

const vec4: Variant<ConcatProblem> = {
  name: 'vec4',
  unsupportedReason: (_, problem) =>
    runs(problem).every((n) => n % 4 === 0) ? null : 'an operand is not made of whole vec4s',
  lower: (profile, problem) => joined(problem, 'vec4', 4, profile.maxWorkgroupsPerDimension),
};

const naive: Variant<ConcatProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower: (profile, problem) => joined(problem, 'naive', 1, profile.maxWorkgroupsPerDimension),
};

export const concatFamily: Family<ConcatProblem> = { name: 'concat', variants: [vec4, naive] };
