/** Softmax and its logarithm over rows, forward and backward. */

import { type Family, flatGrid, input, output, type Problem, sizeOf, type Variant } from '../kernel.js';
import { type Lanes, subgroupLanes, workgroupLanes } from '../reduce/lanes.js';

export interface SoftmaxAttributes {
  /** The logarithm of the softmax. */
  log: boolean;
}

/** Rows are the last dimension. Forward: x → y. Backward: y, dy → dx. */
export type SoftmaxProblem = Problem & SoftmaxAttributes;

function rowsOf({ inputs: [x] }: SoftmaxProblem): { rows: number; length: number } {
  const length = x!.shape.at(-1)!;
  return { rows: sizeOf(x!.shape) / length, length };
}

function overLanes(template: string, lanes: Lanes): Variant<SoftmaxProblem> {
  return {
    name: lanes.name,
    unsupportedReason: (profile) => lanes.unsupportedReason(profile),
    notPreferredReason: (profile, problem) =>
      lanes.notPreferredReason(profile) ??
      (rowsOf(problem).length < 32 ? 'rows are too short to split over lanes' : null),
    lower(profile, problem) {
      const { rows, length } = rowsOf(problem);
      const vec = length % 4 === 0 ? 4 : 1;
      return {
        variant: lanes.name,
        calls: [
          {
            template,
            defines: { TYPE: problem.inputs[0]!.dtype, LOG: problem.log, VEC: vec, ...lanes.defines(profile) },
            buffers: [...problem.inputs.map((_, k) => input(k)), output()],
            params: { rows, length: length / vec },
            workgroups: flatGrid(rows, 1, profile.maxWorkgroupsPerDimension),
          },
        ],
      };
    },
  };
}

const naive = (template: string): Variant<SoftmaxProblem> => ({
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, problem) {
    const { rows, length } = rowsOf(problem);
    return {
      variant: 'naive',
      calls: [
        {
          template: `${template}-naive`,
          defines: { TYPE: problem.inputs[0]!.dtype, LOG: problem.log },
          buffers: [...problem.inputs.map((_, k) => input(k)), output()],
          params: { rows, length },
          workgroups: flatGrid(rows, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
    };
  },
});

const variants = (template: string): Variant<SoftmaxProblem>[] => [
  overLanes(template, subgroupLanes),
  overLanes(template, workgroupLanes),
  naive(template),
];

export const softmaxFamily: Family<SoftmaxProblem> = { name: 'softmax', variants: variants('norm/softmax') };

export const softmaxGradientFamily: Family<SoftmaxProblem> = {
  name: 'softmax-gradient',
  variants: variants('norm/softmax-gradient'),
};
