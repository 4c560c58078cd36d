/**
 * Normalisation over groups of channels (layer and group normalisation), forward and backward. Every tensor is seen as
 * [batch, spatial, groups, width]; a row, normalised together, is the spatial × width elements of one (batch, group).
 */

import {
  type DeviceProfile,
  type Family,
  flatGrid,
  input,
  type Lowering,
  output,
  type Problem,
  scratchRead,
  scratchWrite,
  type Variant,
} from '../kernel.js';
import { type Lanes, subgroupLanes, workgroupLanes } from '../reduce/lanes.js';
import { busyWorkgroups, chunksFor, columnCalls } from '../reduce/reduce.js';

export interface NormAttributes {
  batch: number;
  spatial: number;
  groups: number;
  width: number;
  /** Added to the variance. */
  eps: number;
  /** A weight and a bias a channel follow x; in the input gradient a weight follows the statistics. */
  affine: boolean;
}

/** inputs: x, and weight and bias where `affine`; outputs: y (as x), mean and rstd (f32 [batch·groups]). */
export type NormProblem = Problem & NormAttributes;

/** inputs: x, dy, mean, rstd, and weight where `affine`; output: dx. */
export type NormInputGradientProblem = Problem & Omit<NormAttributes, 'eps'>;

/** inputs: x, dy, mean, rstd; outputs: dweight and dbias [groups·width]. */
export type NormWeightGradientProblem = Problem & Pick<NormAttributes, 'batch' | 'spatial' | 'groups' | 'width'>;

type Rows = Pick<NormAttributes, 'batch' | 'spatial' | 'groups' | 'width'>;

const vecOf = ({ width }: Rows): 1 | 4 => (width % 4 === 0 ? 4 : 1);

const rowSizes = ({ batch, spatial, groups, width }: Rows, vec: number): Record<string, number> => ({
  rows: batch * groups,
  spatial,
  groups,
  width: width / vec,
});

const laneDefines = (lanes: Lanes, profile: DeviceProfile, rows: Rows): Record<string, number | boolean> => ({
  ...lanes.defines(profile),
  VEC: vecOf(rows),
});

/** One workgroup a row, on lanes of a kind. */
function overLanes<P extends Problem & Rows>(
  lanes: Lanes,
  calls: (profile: DeviceProfile, problem: P) => Lowering,
): Variant<P> {
  return {
    name: lanes.name,
    unsupportedReason: (profile) => lanes.unsupportedReason(profile),
    notPreferredReason: (profile, { spatial, width }) =>
      lanes.notPreferredReason(profile) ?? (spatial * width < 32 ? 'rows are too short to split over lanes' : null),
    lower: calls,
  };
}

const forwardTypes = ({ inputs, affine }: NormProblem): Record<string, string | boolean> => ({
  X_TYPE: inputs[0]!.dtype,
  ...(affine ? { W_TYPE: inputs[1]!.dtype } : {}),
  AFFINE: affine,
});

const forwardBuffers = ({ inputs }: NormProblem): Lowering['calls'][number]['buffers'] => [
  ...inputs.map((_, k) => input(k)),
  output(0),
  output(1),
  output(2),
];

const forward = (lanes: Lanes): Variant<NormProblem> =>
  overLanes(lanes, (profile, problem) => ({
    variant: lanes.name,
    calls: [
      {
        template: 'norm/forward',
        defines: { ...forwardTypes(problem), ...laneDefines(lanes, profile, problem) },
        buffers: forwardBuffers(problem),
        params: { ...rowSizes(problem, vecOf(problem)), eps: problem.eps },
        workgroups: flatGrid(problem.batch * problem.groups, 1, profile.maxWorkgroupsPerDimension),
      },
    ],
  }));

const naiveForward: Variant<NormProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower: (profile, problem) => ({
    variant: 'naive',
    calls: [
      {
        template: 'norm/forward-naive',
        defines: forwardTypes(problem),
        buffers: forwardBuffers(problem),
        params: { ...rowSizes(problem, 1), eps: problem.eps },
        workgroups: flatGrid(problem.batch * problem.groups, 64, profile.maxWorkgroupsPerDimension),
      },
    ],
  }),
};

export const normFamily: Family<NormProblem> = {
  name: 'norm',
  variants: [forward(subgroupLanes), forward(workgroupLanes), naiveForward],
};

const gradientTypes = ({ inputs, affine }: NormInputGradientProblem): Record<string, string | boolean> => ({
  X_TYPE: inputs[0]!.dtype,
  ...(affine ? { W_TYPE: inputs[4]!.dtype } : {}),
  AFFINE: affine,
});

const inputGradient = (lanes: Lanes): Variant<NormInputGradientProblem> =>
  overLanes(lanes, (profile, problem) => ({
    variant: lanes.name,
    calls: [
      {
        template: 'norm/input-gradient',
        defines: { ...gradientTypes(problem), ...laneDefines(lanes, profile, problem) },
        buffers: [...problem.inputs.map((_, k) => input(k)), output()],
        params: rowSizes(problem, vecOf(problem)),
        workgroups: flatGrid(problem.batch * problem.groups, 1, profile.maxWorkgroupsPerDimension),
      },
    ],
  }));

const naiveInputGradient: Variant<NormInputGradientProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower: (profile, problem) => ({
    variant: 'naive',
    calls: [
      {
        template: 'norm/input-gradient-naive',
        defines: gradientTypes(problem),
        buffers: [...problem.inputs.map((_, k) => input(k)), output()],
        params: rowSizes(problem, 1),
        workgroups: flatGrid(problem.batch * problem.groups, 64, profile.maxWorkgroupsPerDimension),
      },
    ],
  }),
};

export const normInputGradientFamily: Family<NormInputGradientProblem> = {
  name: 'norm-input-gradient',
  variants: [inputGradient(subgroupLanes), inputGradient(workgroupLanes), naiveInputGradient],
};

function weightGradient(name: string, split: boolean): Variant<NormWeightGradientProblem> {
  return {
    name,
    unsupportedReason: () => null,
    lower(profile, problem) {
      const { batch, spatial, groups, width } = problem;
      const types = { X_TYPE: problem.inputs[0]!.dtype, OUT_TYPE: problem.outputs[0]!.dtype };
      const positions = batch * spatial;
      const channels = groups * width;
      const vec = split ? vecOf(problem) : 1;
      const wanted = split ? (busyWorkgroups(profile) * 64 * vec) / channels : 1;
      const { chunk, chunks } = chunksFor(positions, wanted);
      const whole = chunks === 1;
      const sums = {
        template: 'norm/weight-gradient',
        defines: { ...types, VEC: vec, OUT_TYPE: whole ? types.OUT_TYPE : 'f32' },
        buffers: [...[0, 1, 2, 3].map(input), whole ? output(0) : scratchWrite(0), whole ? output(1) : scratchWrite(1)],
        params: { positions, spatial, groups, width: width / vec, chunk, chunks },
        workgroups: flatGrid((chunks * channels) / vec, 64, profile.maxWorkgroupsPerDimension),
      };
      if (whole) return { variant: name, calls: [sums] };
      // Chunks are few: one pass sums them.
      const reduction = { kind: 'sum', inType: 'f32', outType: types.OUT_TYPE } as const;
      const totals = [0, 1].map((k) =>
        columnCalls(profile, reduction, [1, chunks, channels], scratchRead(k), output(k), 2 + k),
      );
      return {
        variant: name,
        calls: [sums, ...totals.flatMap((t) => t.calls)],
        scratch: [
          { shape: [chunks, channels], dtype: 'f32' },
          { shape: [chunks, channels], dtype: 'f32' },
          ...totals.flatMap((t) => t.scratch ?? []),
        ],
      };
    },
  };
}

export const normWeightGradientFamily: Family<NormWeightGradientProblem> = {
  name: 'norm-weight-gradient',
  variants: [weightGradient('column', true), weightGradient('naive', false)],
};
