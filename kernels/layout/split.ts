/** A tensor cut along one dimension into one output a part: concat's mirror image. */

import { type Family, input, type Lowering, output, type Problem, type Variant } from '../kernel.js';
import { type CopyProblem, naiveCopy, vec4Copy } from './copy.js';
import { contiguousStrides } from './view.js';

export interface SplitAttributes {
  axis: number;
}

export type SplitProblem = Problem & SplitAttributes;

/** Each part as a strided view of the whole. */
function parts({ inputs: [x], outputs, axis }: SplitProblem): CopyProblem[] {
  const strides = contiguousStrides(x!.shape);
  let start = 0;
  return outputs.map((part) => {
    const offset = start * strides[axis]!;
    start += part.shape[axis]!;
    return { inputs: [x!], outputs: [part], strides, offset };
  });
}

/** The kernel calls of `copy` on every part. */
const each = (copy: Variant<CopyProblem>): Variant<SplitProblem> => ({
  name: copy.name,
  unsupportedReason(profile, problem) {
    for (const part of parts(problem)) {
      const reason = copy.unsupportedReason(profile, part);
      if (reason) return reason;
    }
    return null;
  },
  lower: (profile, problem): Lowering => ({
    variant: copy.name,
    calls: parts(problem).flatMap((part, k) =>
      copy.lower(profile, part).calls.map((call) => ({ ...call, buffers: [input(0), output(k)] })),
    ),
  }),
});

export const splitFamily: Family<SplitProblem> = { name: 'split', variants: [each(vec4Copy), each(naiveCopy)] };
