/** Elementwise maps with broadcasting: one kernel for every expression. */

import {
  type Define,
  type DeviceProfile,
  type Family,
  flatGrid,
  input,
  type Lowering,
  output,
  type Problem,
  sizeOf,
  type Variant,
} from '../kernel.js';
import { cost, type Expression, emit } from './expression.js';

export interface ElementwiseAttributes {
  expression: Expression;
  /** The input whose buffer the output takes over; it has the output's shape and dtype. */
  inPlace?: number;
}

export type ElementwiseProblem = Problem & ElementwiseAttributes;

/** Operands that one kernel binds beside its output. */
export const MAX_OPERANDS = 7;

interface Collapsed {
  /** Innermost first. */
  dims: number[];
  /** For each input, bit j set where it varies over `dims[j]`. */
  masks: number[];
}

/** Merges neighbouring dimensions over which every input behaves alike, and drops those of size 1. */
function collapse(outShape: readonly number[], inShapes: readonly (readonly number[])[]): Collapsed {
  const dims: number[] = [];
  const varies: boolean[][] = [];
  for (let back = 1; back <= outShape.length; back++) {
    const size = outShape[outShape.length - back]!;
    if (size === 1) continue;
    const now = inShapes.map((shape) => (shape[shape.length - back] ?? 1) !== 1);
    const last = varies.at(-1);
    if (last && now.every((v, k) => v === last[k])) dims[dims.length - 1]! *= size;
    else {
      dims.push(size);
      varies.push(now);
    }
  }
  if (dims.length === 0) {
    dims.push(1);
    varies.push(inShapes.map(() => true));
  }
  const masks = inShapes.map((_, k) => varies.reduce((mask, v, j) => mask | (v[k] ? 1 << j : 0), 0));
  return { dims, masks };
}

function lowerMap(vec: 1 | 4): (profile: DeviceProfile, problem: ElementwiseProblem) => Lowering {
  return (profile, problem) => {
    const out = problem.outputs[0]!;
    const { dims, masks } = collapse(
      out.shape,
      problem.inputs.map((t) => t.shape),
    );
    const inPlace = problem.inPlace ?? -1;
    const names = problem.inputs.map((_, k) => `x${k}`);
    const defines: Record<string, Define> = {
      COUNT: problem.inputs.length,
      RANK: dims.length,
      VEC: vec,
      EXPRESSION: emit(problem.expression, vec === 4 ? 'vec4f' : 'f32', names),
      OUT_TYPE: out.dtype,
      F16: [out, ...problem.inputs].some((t) => t.dtype === 'f16'),
      T: vec === 4 ? 'vec4f' : 'f32',
    };
    if (inPlace >= 0) defines.IN_PLACE = inPlace;
    for (const [k, t] of problem.inputs.entries()) {
      if (t.dtype !== 'f32') defines[`TYPE${k}`] = t.dtype;
      if (masks[k] !== 0) defines[`MASK${k}`] = masks[k]!;
    }
    const at = (j: number): number => (dims[j] ?? 1) / (j === 0 ? vec : 1);
    const items = sizeOf(out.shape) / vec;
    return {
      variant: vec === 4 ? 'vec4' : 'naive',
      calls: [
        {
          template: 'elementwise/map',
          defines,
          buffers: [...problem.inputs.flatMap((_, k) => (k === inPlace ? [] : [input(k)])), output()],
          params: { items, d0: at(0), d1: at(1), d2: at(2), d3: at(3), d4: at(4) },
          workgroups: flatGrid(items, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: sizeOf(out.shape) * cost(problem.expression),
    };
  };
}

function unsupportedRank(problem: ElementwiseProblem): string | null {
  const { dims } = collapse(
    problem.outputs[0]!.shape,
    problem.inputs.map((t) => t.shape),
  );
  return dims.length > 5 ? `broadcasting needs ${dims.length} dimensions; 5 are served` : null;
}

const vec4: Variant<ElementwiseProblem> = {
  name: 'vec4',
  unsupportedReason(_, problem) {
    const { dims } = collapse(
      problem.outputs[0]!.shape,
      problem.inputs.map((t) => t.shape),
    );
    return (
      unsupportedRank(problem) ??
      (dims[0]! % 4 === 0 ? null : `the innermost dimension ${dims[0]} is not a multiple of 4`)
    );
  },
  lower: lowerMap(4),
};

const naive: Variant<ElementwiseProblem> = {
  name: 'naive',
  unsupportedReason: (_, problem) => unsupportedRank(problem),
  lower: lowerMap(1),
};

export const elementwiseFamily: Family<ElementwiseProblem> = { name: 'elementwise', variants: [vec4, naive] };
