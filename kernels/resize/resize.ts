/** Resizing of images, channels last: nearest, area and antialiased bicubic, and the adjoints that are their gradients. */

import {
  type BufferRef,
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
  sizeOf,
  type TensorType,
  type Variant,
} from '../kernel.js';

export type ResizeMethod = 'nearest' | 'area' | 'cubic';

export interface ResizeAttributes {
  readonly method: ResizeMethod;
  /** The transpose of the resize from the output's size to the input's. */
  readonly adjoint: boolean;
}

/** Input [B, H, W, C], output [B, H', W', C]. */
export type ResizeProblem = Problem & ResizeAttributes;

function usesF16({ inputs, outputs }: Problem): boolean {
  return [...inputs, ...outputs].some((t) => t.dtype === 'f16');
}

/** Both axes in one kernel: the reference implementation, and with vec4 loads the fastest where a window has one element. */
function lowerAtOnce(variant: string, vec: 1 | 4): (profile: DeviceProfile, problem: ResizeProblem) => Lowering {
  return (profile, problem) => {
    const x = problem.inputs[0]!;
    const y = problem.outputs[0]!;
    return {
      variant,
      calls: [
        {
          template: 'resize/naive',
          defines: {
            METHOD: problem.method,
            ADJOINT: problem.adjoint,
            VEC: vec,
            IN_TYPE: x.dtype,
            OUT_TYPE: y.dtype,
            F16: usesF16(problem),
          },
          buffers: [input(0), output()],
          params: {
            batch: x.shape[0]!,
            in_h: x.shape[1]!,
            in_w: x.shape[2]!,
            out_h: y.shape[1]!,
            out_w: y.shape[2]!,
            channels: x.shape[3]! / vec,
          },
          workgroups: flatGrid(sizeOf(y.shape) / vec, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
    };
  };
}

const direct: Variant<ResizeProblem> = {
  name: 'direct',
  unsupportedReason: (_, { inputs }) => (inputs[0]!.shape[3]! % 4 === 0 ? null : 'channels must divide by 4'),
  notPreferredReason: (_, { method }) =>
    method === 'nearest' ? null : 'windows of several elements are cheaper axis by axis',
  lower: lowerAtOnce('direct', 4),
};

/** One pass along each axis that changes; the one that shrinks most goes first. */
const separable: Variant<ResizeProblem> = {
  name: 'separable',
  unsupportedReason: () => null,
  notPreferredReason: (_, { method }) => (method === 'nearest' ? 'one element needs no passes' : null),
  lower(profile, problem) {
    const x = problem.inputs[0]!;
    const y = problem.outputs[0]!;
    const growth = (axis: number): number => y.shape[axis]! / x.shape[axis]!;
    const changing = [1, 2].filter((axis) => growth(axis) !== 1).sort((a, b) => growth(a) - growth(b));
    const axes = changing.length > 0 ? changing : [2];
    const pass = (axis: number, from: TensorType, to: TensorType, buffers: BufferRef[]): KernelCall => {
      const inner = sizeOf(from.shape.slice(axis + 1));
      const vec = inner % 4 === 0 ? 4 : 1;
      return {
        template: 'resize/axis',
        defines: {
          METHOD: problem.method,
          ADJOINT: problem.adjoint,
          VEC: vec,
          IN_TYPE: from.dtype,
          OUT_TYPE: to.dtype,
          F16: usesF16({ inputs: [from], outputs: [to] }),
        },
        buffers,
        params: {
          outer: sizeOf(from.shape.slice(0, axis)),
          in_size: from.shape[axis]!,
          out_size: to.shape[axis]!,
          inner: inner / vec,
        },
        workgroups: flatGrid(sizeOf(to.shape) / vec, 64, profile.maxWorkgroupsPerDimension),
      };
    };
    if (axes.length === 1) return { variant: 'separable', calls: [pass(axes[0]!, x, y, [input(0), output()])] };
    const between: TensorType = { shape: x.shape.map((n, d) => (d === axes[0] ? y.shape[d]! : n)), dtype: 'f32' };
    return {
      variant: 'separable',
      calls: [
        pass(axes[0]!, x, between, [input(0), scratchWrite(0)]),
        pass(axes[1]!, between, y, [scratchRead(0), output()]),
      ],
      scratch: [between],
    };
  },
};

const naive: Variant<ResizeProblem> = { name: 'naive', unsupportedReason: () => null, lower: lowerAtOnce('naive', 1) };

export const resizeFamily: Family<ResizeProblem> = { name: 'resize', variants: [direct, separable, naive] };
