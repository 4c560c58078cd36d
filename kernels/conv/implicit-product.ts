/** Calls of `subgroup.wgsl` and `tile.wgsl`: the implicit matrix product, forward or adjoint in the input. */

import { type EpilogueProblem, epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { type DeviceProfile, type KernelCall, output, type TextureLayout } from '../kernel.js';
import { readThroughTextures, type TextureLayouts, textureLayoutsOf, textureParams } from '../texture-operand.js';
import { type Convolution, geometryParams, usesF16 } from './geometry.js';

const ROWS = 32;

/** Time of a tile beyond its columns (loads and broadcasts of the rows), in columns a lane; measured on lavapipe. */
const TILE_OVERHEAD = 0.8;

/** Columns a lane, such that tiles over `width` columns take the least time: wide ones, unless they overhang much. */
export function columnsPerLane(width: number, lanes: number): number {
  const cost = (columns: number): number => Math.ceil(width / (columns * lanes)) * (columns + TILE_OVERHEAD);
  return [4, 3, 2, 1].reduce((best, columns) => (cost(columns) < cost(best) ? columns : best));
}

/** Sizes of the product: rows of the longest phase, columns of a group, and how many such products there are. */
function productSizes(
  { x, y, stride, groups }: Convolution,
  adjoint: boolean,
): { rows: number; width: number; products: number } {
  const [batch, h, w, channels] = (adjoint ? x : y).shape as [number, number, number, number];
  const width = channels / groups;
  if (!adjoint) return { rows: batch * h * w, width, products: groups };
  // The first phase has the most rows.
  const rows = batch * Math.ceil(h / stride[0]) * Math.ceil(w / stride[1]);
  return { rows, width, products: groups * stride[0] * stride[1] };
}

function subgroupGrid(convolution: Convolution, lanes: number, adjoint: boolean): [number, number, number] {
  const { rows, width, products } = productSizes(convolution, adjoint);
  return [Math.ceil(width / (lanes * columnsPerLane(width, lanes))), Math.ceil(rows / ROWS), products];
}

function tileGrid(convolution: Convolution, adjoint: boolean): [number, number, number] {
  const { rows, width, products } = productSizes(convolution, adjoint);
  return [Math.ceil(rows / 64), Math.ceil(width / 64), products];
}

/** Why the grid of a kernel does not fit the device, or null. `lanes` is null for the tiles in workgroup memory. */
export function unsupportedGrid(
  profile: DeviceProfile,
  convolution: Convolution,
  lanes: number | null,
  adjoint: boolean,
): string | null {
  const grid = lanes === null ? tileGrid(convolution, adjoint) : subgroupGrid(convolution, lanes, adjoint);
  const most = Math.max(...grid);
  return most > profile.maxWorkgroupsPerDimension ? `${most} tiles exceed the limit of one grid dimension` : null;
}

/** The textures of source and weights, or why the product cannot read both so. */
export function productTextures(
  profile: DeviceProfile,
  { x, w, y, groups }: Convolution,
  lanes: number,
  adjoint: boolean,
): TextureLayout[] | string {
  const [source, result] = adjoint ? [y, x] : [x, y];
  if ((source.shape[3]! / groups) % 4 !== 0) return 'the channels are not read as vec4';
  const width = result.shape[3]! / groups;
  if (adjoint && !(width % 4 === 0 && columnsPerLane(width, lanes) === 4)) return 'the weights are not read as vec4';
  return textureLayoutsOf(profile, [source, w]);
}

/** Inputs of the lowering are x and w (forward) or g and w (adjoint). */
export function subgroupCall(
  problem: EpilogueProblem,
  convolution: Convolution,
  lanes: number,
  adjoint: boolean,
  textures: TextureLayouts = [],
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
      TEXTURES: textures.length,
      F16: usesF16(problem),
      OUTPUT_BINDING: problem.inputs.length,
      ...epilogueDefines(problem, 2, wide ? 'vec4f' : 'f32'),
      SOURCE_TYPE: source.dtype,
      WEIGHT_TYPE: w.dtype,
      RESULT_TYPE: result.dtype,
    },
    buffers: [...readThroughTextures(textures, inputsWithEpilogue(problem, 2)), output()],
    params: { ...geometryParams(convolution), ...textureParams(textures) },
    workgroups: subgroupGrid(convolution, lanes, adjoint),
  };
}

/** The same through tiles in workgroup memory. */
export function tileCall(
  profile: DeviceProfile,
  problem: EpilogueProblem,
  convolution: Convolution,
  adjoint: boolean,
): KernelCall {
  const { x, w, y, groups } = convolution;
  const [source, result] = adjoint ? [y, x] : [x, y];
  const wide = (result.shape[3]! / groups) % 4 === 0;
  return {
    template: 'conv/tile',
    defines: {
      ADJOINT: adjoint,
      UNROLL: profile.kind !== 'software',
      WIDE: wide,
      SOURCE_TYPE: source.dtype,
      WEIGHT_TYPE: w.dtype,
      RESULT_TYPE: result.dtype,
      F16: usesF16(problem),
      OUTPUT_BINDING: problem.inputs.length,
      ...epilogueDefines(problem, 2, wide ? 'vec4f' : 'f32'),
    },
    buffers: [...inputsWithEpilogue(problem, 2), output()],
    params: geometryParams(convolution),
    workgroups: tileGrid(convolution, adjoint),
  };
}
