/** Calls of `subgroup.wgsl`: the implicit matrix product, forward or adjoint in the input. */

import { type EpilogueProblem, epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { type DeviceProfile, type KernelCall, output } from '../kernel.js';
import { type Convolution, geometryParams, usesF16 } from './geometry.js';

const ROWS = 32;

/** Result channels a lane: fewer where a group has fewer channels than the lanes hold. */
export function columnsPerLane(width: number, lanes: number): number {
  return width > 2 * lanes ? 4 : width > lanes ? 2 : 1;
}

function grid({ x, y, stride, groups }: Convolution, lanes: number, adjoint: boolean): [number, number, number] {
  const width = (adjoint ? x : y).shape[3]! / groups;
  const [batch, h, w] = (adjoint ? x : y).shape as [number, number, number, number];
  // The first phase has the most rows.
  const rows = adjoint ? batch * Math.ceil(h / stride[0]) * Math.ceil(w / stride[1]) : batch * h * w;
  return [
    Math.ceil(width / (lanes * columnsPerLane(width, lanes))),
    Math.ceil(rows / ROWS),
    groups * (adjoint ? stride[0] * stride[1] : 1),
  ];
}

export function refuseGrid(
  profile: DeviceProfile,
  convolution: Convolution,
  lanes: number,
  adjoint: boolean,
): string | null {
  const most = Math.max(...grid(convolution, lanes, adjoint));
  return most > profile.maxWorkgroupsPerDimension ? `${most} tiles exceed the limit of one grid dimension` : null;
}

/** Inputs of the lowering are x and w (forward) or g and w (adjoint). */
export function implicitProductCall(
  problem: EpilogueProblem,
  convolution: Convolution,
  lanes: number,
  adjoint: boolean,
): KernelCall {
  const { x, w, y, groups } = convolution;
  const [source, result] = adjoint ? [y, x] : [x, y];
  const width = result.shape[3]! / groups;
  const columns = columnsPerLane(width, lanes);
  const wide = columns === 4 && width % 4 === 0;
  return {
    template: 'conv/subgroup',
    defines: {
      LANES: lanes,
      ADJOINT: adjoint,
      VEC: (source.shape[3]! / groups) % 4 === 0 ? 4 : 1,
      COLS: columns,
      WIDE: wide,
      F16: usesF16(problem),
      OUTPUT_BINDING: problem.inputs.length,
      ...epilogueDefines(problem, 2, wide ? 'vec4f' : 'f32'),
      SOURCE_TYPE: source.dtype,
      WEIGHT_TYPE: w.dtype,
      RESULT_TYPE: result.dtype,
    },
    buffers: [...inputsWithEpilogue(problem, 2), output()],
    params: geometryParams(convolution),
    workgroups: grid(convolution, lanes, adjoint),
  };
}
