/** Makes a strided view of a tensor contiguous: permute, slice and broadcast in one family. */

import { KernelError } from '../errors.js';
import { type Family, flatGrid, input, type Lowering, output, type Problem, sizeOf, type Variant } from '../kernel.js';
import { collapse } from './view.js';

export interface CopyAttributes {
  /** Input elements per step of each output dimension; 0 repeats. */
  strides: readonly number[];
  offset: number;
}

export type CopyProblem = Problem & CopyAttributes;

/** Dimensions that the template can walk, once merged. */
const MAX_COPY_RANK = 6;

/** The merged view, and whether whole `vec4`s can be moved or filled. */
function plan({ outputs: [y], strides, offset }: CopyProblem): {
  dims: { size: number; stride: number }[];
  vector: boolean;
  splat: boolean;
} {
  const dims = collapse({ shape: y!.shape, strides, offset });
  const [inner, ...rest] = dims as [{ size: number; stride: number }];
  const aligned = [offset, ...rest.map((d) => (d as { stride: number }).stride)].every((n) => n % 4 === 0);
  const whole = inner.size % 4 === 0;
  return { dims, vector: whole && inner.stride === 1 && aligned, splat: whole && inner.stride === 0 };
}

function strided(problem: CopyProblem, variant: string, vec: 1 | 4, splat: boolean, limit: number): Lowering {
  const { dims } = plan(problem);
  if (dims.length > MAX_COPY_RANK) {
    throw new KernelError(`copy: a view of ${dims.length} separate dimensions; at most ${MAX_COPY_RANK} can be walked`);
  }
  const strideUnit = vec === 4 && !splat ? 4 : 1;
  const params: Record<string, number> = {
    items: sizeOf(problem.outputs[0]!.shape) / vec,
    offset: problem.offset / strideUnit,
  };
  for (let d = 0; d < MAX_COPY_RANK; d++) {
    const { size, stride } = dims[d] ?? { size: 1, stride: 0 };
    if (d < MAX_COPY_RANK - 1) params[`d${d}`] = d === 0 ? size / vec : size;
    params[`s${d}`] = d === 0 ? stride : stride / strideUnit;
  }
  const type = problem.inputs[0]!.dtype;
  return {
    variant,
    calls: [
      {
        template: 'layout/copy',
        defines: { TYPE: type, RANK: dims.length, VEC: vec, SPLAT: splat },
        buffers: [input(0), output()],
        params,
        workgroups: flatGrid(params.items!, 64, limit),
      },
    ],
  };
}

/** [batch, M, N] with the last two swapped, as read off the merged view; null for any other view. */
function transposition(problem: CopyProblem): { batch: number; m: number; n: number } | null {
  if (problem.offset !== 0) return null;
  const [a, b, c, ...more] = plan(problem).dims;
  if (!a || !b || more.length > 0 || b.stride !== 1 || a.stride !== b.size) return null;
  if (c && c.stride !== a.size * b.size) return null;
  return { batch: c?.size ?? 1, m: a.size, n: b.size };
}

const transpose: Variant<CopyProblem> = {
  name: 'transpose',
  unsupportedReason(_, problem) {
    const sizes = transposition(problem);
    if (!sizes) return 'the view is no transposition of two dimensions';
    return sizes.m % 4 === 0 && sizes.n % 4 === 0 ? null : `${sizes.m}×${sizes.n} is not made of 4×4 blocks`;
  },
  lower(profile, problem) {
    const { batch, m, n } = transposition(problem)!;
    return {
      variant: 'transpose',
      calls: [
        {
          template: 'layout/transpose',
          defines: { TYPE: problem.inputs[0]!.dtype },
          buffers: [input(0), output()],
          params: { batch, m: m / 4, n: n / 4 },
          workgroups: flatGrid((batch * m * n) / 16, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
    };
  },
};

export const vec4Copy: Variant<CopyProblem> = {
  name: 'vec4',
  unsupportedReason: (_, problem) => (plan(problem).vector ? null : 'the innermost run is not made of whole vec4s'),
  lower: (profile, problem) => strided(problem, 'vec4', 4, false, profile.maxWorkgroupsPerDimension),
};

const fill: Variant<CopyProblem> = {
  name: 'fill',
  unsupportedReason: (_, problem) =>
    plan(problem).splat ? null : 'the innermost dimension does not repeat one element',
  lower: (profile, problem) => strided(problem, 'fill', 4, true, profile.maxWorkgroupsPerDimension),
};

export const naiveCopy: Variant<CopyProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower: (profile, problem) => strided(problem, 'naive', 1, false, profile.maxWorkgroupsPerDimension),
};

export const copyFamily: Family<CopyProblem> = { name: 'copy', variants: [vec4Copy, fill, transpose, naiveCopy] };
