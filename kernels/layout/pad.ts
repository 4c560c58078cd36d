/** Zeros around a tensor, and one dimension continued past its ends. */

import { KernelError } from '../errors.js';
import { type Family, flatGrid, input, type Lowering, output, type Problem, sizeOf, type Variant } from '../kernel.js';

export interface PadAttributes {
  /** Zeros before each dimension; those after follow from the shapes. */
  before: readonly number[];
}

export type PadProblem = Problem & PadAttributes;

/** Dimensions that the template can walk, once merged. */
const MAX_PAD_RANK = 6;

interface PadDim {
  from: number;
  to: number;
  before: number;
}

/** Merges each dimension that is not padded into the next outer one; innermost first. */
function mergedDims({ inputs: [x], outputs: [y], before }: PadProblem): PadDim[] {
  const dims: PadDim[] = [];
  for (let d = x!.shape.length - 1; d >= 0; d--) {
    const dim: PadDim = { from: x!.shape[d]!, to: y!.shape[d]!, before: before[d]! };
    const inner = dims.at(-1);
    if (inner && inner.from === inner.to) {
      dims[dims.length - 1] = { from: dim.from * inner.from, to: dim.to * inner.to, before: dim.before * inner.to };
    } else dims.push(dim);
  }
  return dims.length > 0 ? dims : [{ from: 1, to: 1, before: 0 }];
}

function zeros(problem: PadProblem, variant: string, vec: 1 | 4, limit: number): Lowering {
  const dims = mergedDims(problem);
  if (dims.length > MAX_PAD_RANK) {
    throw new KernelError(`pad: ${dims.length} separately padded dimensions; at most ${MAX_PAD_RANK} can be walked`);
  }
  const params: Record<string, number> = { items: sizeOf(problem.outputs[0]!.shape) / vec };
  for (let d = 0; d < MAX_PAD_RANK; d++) {
    const { from, to, before } = dims[d] ?? { from: 1, to: 1, before: 0 };
    const unit = d === 0 ? vec : 1;
    if (d < MAX_PAD_RANK - 1) params[`o${d}`] = to / unit;
    params[`n${d}`] = from / unit;
    params[`b${d}`] = before / unit;
  }
  return {
    variant,
    calls: [
      {
        template: 'layout/pad',
        defines: { TYPE: problem.inputs[0]!.dtype, RANK: dims.length, VEC: vec },
        buffers: [input(0), output()],
        params,
        workgroups: flatGrid(params.items!, 64, limit),
      },
    ],
  };
}

const vec4: Variant<PadProblem> = {
  name: 'vec4',
  unsupportedReason(_, problem) {
    const { from, to, before } = mergedDims(problem)[0]!;
    return [from, to, before].every((n) => n % 4 === 0) ? null : 'the innermost run is not made of whole vec4s';
  },
  lower: (profile, problem) => zeros(problem, 'vec4', 4, profile.maxWorkgroupsPerDimension),
};

const naive: Variant<PadProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower: (profile, problem) => zeros(problem, 'naive', 1, profile.maxWorkgroupsPerDimension),
};

export const padFamily: Family<PadProblem> = { name: 'pad', variants: [vec4, naive] };

export interface PadEdgeAttributes {
  mode: 'reflect' | 'edge';
  /** The unpadded tensor's elements as [outer, length, inner]; `length` is padded. */
  view: readonly [number, number, number];
  before: number;
  after: number;
}

export type PadEdgeProblem = Problem & PadEdgeAttributes;

function edges(
  template: string,
  items: (view: PadEdgeAttributes['view'], padded: number) => number,
): Variant<PadEdgeProblem> {
  return {
    name: 'naive',
    unsupportedReason: () => null,
    lower(profile, { inputs: [x], mode, view, before, after }) {
      const [outer, length, inner] = view;
      const padded = length + before + after;
      return {
        variant: 'naive',
        calls: [
          {
            template,
            defines: { TYPE: x!.dtype, MODE: mode },
            buffers: [input(0), output()],
            params: { outer, length, padded, inner, before },
            workgroups: flatGrid(items(view, padded), 64, profile.maxWorkgroupsPerDimension),
          },
        ],
      };
    },
  };
}

export const padEdgeFamily: Family<PadEdgeProblem> = {
  name: 'pad-edge',
  variants: [edges('layout/pad-edge', ([outer, , inner], padded) => outer * padded * inner)],
};

/** From the padded tensor's gradient to the unpadded one's. */
export const padEdgeGradientFamily: Family<PadEdgeProblem> = {
  name: 'pad-edge-gradient',
  variants: [edges('layout/pad-edge-gradient', ([outer, length, inner]) => outer * length * inner)],
};
