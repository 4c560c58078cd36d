/** Calls of the depthwise kernels. */

import { type EpilogueProblem, epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { type DeviceProfile, flatGrid, type KernelCall, output } from '../kernel.js';
import { readThroughTextures, type TextureLayouts, textureParams } from '../texture-operand.js';
import { type Convolution, geometryParams, usesF16 } from './geometry.js';

/** Pixels a thread makes. */
const PIXELS = 8;
/** Rows of them that a thread of `depthwise-sliding.wgsl` makes. */
const SLIDING_ROWS = 16;
/** Taps and source pixels that still fit the registers of the unrolled kernels. */
const MOST_TAPS = 25;
const MOST_SPAN = 40;

/** Why the depthwise kernels cannot run, or null. */
export function unsupportedDepthwise({ x, w, y, stride, dilation, groups }: Convolution): string | null {
  const channels = x.shape[3]!;
  const [, kernelH, kernelW] = w.shape as [number, number, number, number];
  if (groups !== channels || y.shape[3] !== channels) return 'every channel must be a group of its own';
  if (channels % 4 !== 0) return `${channels} channels do not divide by 4`;
  if (kernelH * kernelW > MOST_TAPS) return `${kernelH * kernelW} taps; ${MOST_TAPS} are unrolled`;
  const span = (PIXELS - 1) * stride[1] + (kernelW - 1) * dilation[1] + 1;
  return span > MOST_SPAN ? `a thread would read ${span} source pixels a row; ${MOST_SPAN} are held` : null;
}

/** The convolution, or with `adjoint` its input gradient, which is a convolution with mirrored filters (stride 1). */
export function depthwiseCall(
  profile: DeviceProfile,
  problem: EpilogueProblem,
  convolution: Convolution,
  adjoint: boolean,
  textures: TextureLayouts = [],
): KernelCall {
  const { x, w, y, stride, dilation } = convolution;
  const [source, result] = adjoint ? [y, x] : [x, y];
  const [, kernelH, kernelW] = w.shape as [number, number, number, number];
  const { padding } = convolution;
  const mirrored: Convolution = {
    ...convolution,
    x: source,
    y: result,
    padding: [(kernelH - 1) * dilation[0] - padding[0], 0, (kernelW - 1) * dilation[1] - padding[2], 0],
  };
  const [batch, rows, columns, channels] = result.shape as [number, number, number, number];
  const sliding = textures.length > 0;
  const rowsEach = sliding ? SLIDING_ROWS : 1;
  return {
    template: sliding ? 'conv/depthwise-sliding' : 'conv/depthwise',
    defines: {
      KERNEL_H: kernelH,
      KERNEL_W: kernelW,
      ...(sliding ? { ROWS: rowsEach, STRIDE_H: stride[0], TEXTURES: textures.length } : {}),
      STRIDE_W: stride[1],
      DILATION_W: dilation[1],
      FLIP: adjoint,
      F16: usesF16(problem),
      OUTPUT_BINDING: problem.inputs.length,
      ...epilogueDefines(problem, 2, 'vec4f'),
      X_TYPE: source.dtype,
      W_TYPE: w.dtype,
      Y_TYPE: result.dtype,
    },
    buffers: [...readThroughTextures(textures, inputsWithEpilogue(problem, 2)), output()],
    params: { ...geometryParams(adjoint ? mirrored : convolution), ...textureParams(textures) },
    workgroups: flatGrid(
      (batch * Math.ceil(rows / rowsEach) * Math.ceil(columns / PIXELS) * channels) / 4,
      64,
      profile.maxWorkgroupsPerDimension,
    ),
  };
}
