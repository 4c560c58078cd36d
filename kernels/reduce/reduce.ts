/** Sums, means and maxima over one run of dimensions: [outer, length, inner] → [outer, inner]. */

import {
  type DeviceProfile,
  type Family,
  flatGrid,
  input,
  type KernelCall,
  type Lowering,
  output,
  type Problem,
  scratchRead,
  scratchWrite,
  type Variant,
} from '../kernel.js';
import { type Lanes, subgroupLanes, workgroupLanes } from './lanes.js';

/** `sumSquares` is Σx². */
export type ReduceKind = 'sum' | 'mean' | 'max' | 'sumSquares';

export interface ReduceAttributes {
  kind: ReduceKind;
  /** The input's elements as [outer, length, inner]; `length` is reduced. */
  view: readonly [number, number, number];
}

export type ReduceProblem = Problem & ReduceAttributes;

/** Elements that one chunk has at least, so that a second pass pays. */
const MIN_CHUNK = 64;

const reduceDefines = (kind: ReduceKind): { KIND: string; SQUARE: boolean } => ({
  KIND: kind === 'max' ? 'max' : 'sum',
  SQUARE: kind === 'sumSquares',
});

/** Cuts `length` so that about `wanted` pieces can run side by side; chunks are multiples of 4. */
export function chunksFor(length: number, wanted: number): { chunk: number; chunks: number } {
  const most = Math.max(1, Math.floor(length / MIN_CHUNK));
  const chunk = Math.ceil(length / Math.min(most, Math.max(1, Math.ceil(wanted))) / 4) * 4;
  return { chunk, chunks: Math.ceil(length / chunk) };
}

const naive: Variant<ReduceProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, { inputs: [x], outputs: [y], kind, view: [outer, length, inner] }) {
    return {
      variant: 'naive',
      calls: [
        {
          template: 'reduce/naive',
          defines: { ...reduceDefines(kind), IN_TYPE: x!.dtype, OUT_TYPE: y!.dtype },
          buffers: [input(0), output()],
          params: { outer, length, inner, scale: kind === 'mean' ? 1 / length : 1 },
          workgroups: flatGrid(outer * inner, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: outer * length * inner,
    };
  },
};

/** One workgroup for each row or chunk of it. */
export function rowCall(
  profile: DeviceProfile,
  lanes: Lanes,
  reduction: { kind: ReduceKind; inType: string; outType: string },
  sizes: { rows: number; length: number; chunk: number; chunks: number; outStart?: number; scale: number },
  buffers: KernelCall['buffers'],
): KernelCall {
  const { rows, length, chunk, chunks, outStart = 0, scale } = sizes;
  return {
    template: 'reduce/row',
    defines: {
      ...reduceDefines(reduction.kind),
      IN_TYPE: reduction.inType,
      OUT_TYPE: reduction.outType,
      VEC: length % 4 === 0 ? 4 : 1,
      ...lanes.defines(profile),
    },
    buffers,
    params: { rows, length, chunk, chunks, out_start: outStart, scale },
    workgroups: flatGrid(rows * chunks, 1, profile.maxWorkgroupsPerDimension),
  };
}

/** Workgroups that keep the device busy. */
export const busyWorkgroups = (profile: DeviceProfile): number => (profile.kind === 'software' ? 16 : 256);

/** What the reduction over chunk results is: squares and means are taken once. */
const secondPass = (kind: ReduceKind): ReduceKind => (kind === 'max' ? 'max' : 'sum');

function row(lanes: Lanes): Variant<ReduceProblem> {
  return {
    name: `row-${lanes.name}`,
    unsupportedReason: (profile, { view: [, , inner] }) =>
      lanes.unsupportedReason(profile) ?? (inner > 1 ? 'rows are not contiguous' : null),
    notPreferredReason: (profile, { view: [, length] }) =>
      lanes.notPreferredReason(profile) ?? (length < 32 ? 'rows are too short to split over lanes' : null),
    lower(profile, { inputs: [x], outputs: [y], kind, view: [rows, length] }) {
      const scale = kind === 'mean' ? 1 / length : 1;
      const { chunk, chunks } = chunksFor(
        length,
        rows > 0 ? Math.min(busyWorkgroups(profile) / rows, length / 1024) : 1,
      );
      const types = { inType: x!.dtype, outType: y!.dtype };
      const flops = rows * length;
      if (chunks === 1) {
        const call = rowCall(profile, lanes, { kind, ...types }, { rows, length, chunk, chunks, scale }, [
          input(0),
          output(),
        ]);
        return { variant: this.name, calls: [call], flops };
      }
      const partial = rowCall(
        profile,
        lanes,
        { kind, inType: x!.dtype, outType: 'f32' },
        { rows, length, chunk, chunks, scale: 1 },
        [input(0), scratchWrite(0)],
      );
      const total = rowCall(
        profile,
        lanes,
        { kind: secondPass(kind), inType: 'f32', outType: y!.dtype },
        { rows, length: chunks, chunk: Math.ceil(chunks / 4) * 4, chunks: 1, scale },
        [scratchRead(0), output()],
      );
      return { variant: this.name, calls: [partial, total], scratch: [{ shape: [rows, chunks], dtype: 'f32' }], flops };
    },
  };
}

/** Reduces [outer, length, inner] in one or two passes of `reduce/column`; also the last step of other families' gradients. */
export function columnCalls(
  profile: DeviceProfile,
  { kind, inType, outType }: { kind: ReduceKind; inType: string; outType: string },
  [outer, length, inner]: readonly [number, number, number],
  from: KernelCall['buffers'][number],
  to: KernelCall['buffers'][number],
  scratchIndex: number,
): Pick<Lowering, 'calls' | 'scratch'> {
  const scale = kind === 'mean' ? 1 / length : 1;
  const vec = inner % 4 === 0 ? 4 : 1;
  const threads = outer * (inner / vec);
  const { chunk, chunks } = chunksFor(length, (busyWorkgroups(profile) * 64) / threads);
  const call = (
    of: { kind: ReduceKind; inType: string; outType: string },
    sizes: { length: number; chunk: number; chunks: number; scale: number },
    buffers: KernelCall['buffers'],
  ): KernelCall => ({
    template: 'reduce/column',
    defines: { ...reduceDefines(of.kind), IN_TYPE: of.inType, OUT_TYPE: of.outType, VEC: vec },
    buffers,
    params: { outer, inner, ...sizes },
    workgroups: flatGrid(threads * sizes.chunks, 64, profile.maxWorkgroupsPerDimension),
  });
  if (chunks === 1) return { calls: [call({ kind, inType, outType }, { length, chunk, chunks, scale }, [from, to])] };
  return {
    calls: [
      call({ kind, inType, outType: 'f32' }, { length, chunk, chunks, scale: 1 }, [from, scratchWrite(scratchIndex)]),
      call({ kind: secondPass(kind), inType: 'f32', outType }, { length: chunks, chunk: chunks, chunks: 1, scale }, [
        scratchRead(scratchIndex),
        to,
      ]),
    ],
    scratch: [{ shape: [outer, chunks, inner], dtype: 'f32' }],
  };
}

const column: Variant<ReduceProblem> = {
  name: 'column',
  unsupportedReason: (_, { view: [, , inner] }) => (inner === 1 ? 'columns of one element are rows' : null),
  lower(profile, { inputs: [x], outputs: [y], kind, view }) {
    const types = { kind, inType: x!.dtype, outType: y!.dtype };
    return {
      variant: 'column',
      ...columnCalls(profile, types, view, input(0), output(), 0),
      flops: view[0] * view[1] * view[2],
    };
  },
};

export const reduceFamily: Family<ReduceProblem> = {
  name: 'reduce',
  variants: [row(subgroupLanes), row(workgroupLanes), column, naive],
};
