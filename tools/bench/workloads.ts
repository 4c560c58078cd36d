/** What the engines are compared on, as ONNX models and as this project's own perf cases. */

import { caseRandom } from '../../kernels/case-random.js';
import { type OnnxModel, onnxModel } from './onnx-model.js';

export interface Workload {
  name: string;
  flops: number;
  inputs: Record<string, number[]>;
  model(): Uint8Array;
  /** Shape of the weights of a convolution, [out, in / groups, rows, columns]. */
  weights?: number[];
  /** Which row of the kernel bench is the same work. */
  ours: { family: string; case: string };
}

function values(shape: readonly number[], scale: number): Float32Array {
  const random = caseRandom(7);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.real(-scale, scale));
}

const workload = (
  name: string,
  flops: number,
  ours: Workload['ours'],
  model: Omit<OnnxModel, 'constants'>,
  constants: Record<string, number[]> = {},
): Workload => ({
  name,
  flops,
  ours,
  inputs: model.inputs,
  ...(constants.w && { weights: constants.w }),
  model: () =>
    onnxModel({
      ...model,
      constants: Object.fromEntries(
        Object.entries(constants).map(([key, shape]) => [key, { shape, data: values(shape, 0.1) }]),
      ),
    }),
});

/** A depthwise convolution that keeps the picture's size. */
const depthwise = (kernel: number, channels: number, size: number): Workload =>
  workload(
    `depthwise ${kernel}×${kernel} C${channels} ${size}²`,
    2 * channels * kernel ** 2 * size ** 2,
    { family: 'conv2d', case: `depthwise ${kernel}×${kernel} C${channels} ${size}²` },
    {
      inputs: { a: [1, channels, size, size] },
      outputs: { c: [1, channels, size, size] },
      nodes: [
        {
          type: 'Conv',
          inputs: ['a', 'w'],
          output: 'c',
          attributes: {
            kernel_shape: [kernel, kernel],
            pads: [kernel >> 1, kernel >> 1, kernel >> 1, kernel >> 1],
            group: channels,
          },
        },
      ],
    },
    { w: [channels, 1, kernel, kernel] },
  );

export const WORKLOADS: readonly Workload[] = [
  workload(
    'matmul 1024³',
    2 * 1024 ** 3,
    { family: 'matmul', case: 'matmul 1024³ f32' },
    {
      inputs: { a: [1024, 1024] },
      outputs: { c: [1024, 1024] },
      nodes: [{ type: 'MatMul', inputs: ['a', 'b'], output: 'c' }],
    },
    { b: [1024, 1024] },
  ),
  workload(
    'conv 3×3 C320 16×64',
    2 * 320 * 320 * 9 * 16 * 64,
    { family: 'conv2d', case: '3×3 C320 16×64' },
    {
      inputs: { a: [1, 320, 16, 64] },
      outputs: { c: [1, 320, 16, 64] },
      nodes: [
        { type: 'Conv', inputs: ['a', 'w'], output: 'c', attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
      ],
    },
    { w: [320, 320, 3, 3] },
  ),
  depthwise(3, 144, 56),
  depthwise(5, 672, 14),
  workload(
    'attention 8×1024×64',
    2 * 2 * 8 * 1024 * 1024 * 64,
    { family: 'attention', case: 'attention 8 heads 1024×64 f32' },
    {
      inputs: { q: [8, 1024, 64], k: [8, 64, 1024], v: [8, 1024, 64] },
      outputs: { c: [8, 1024, 64] },
      nodes: [
        { type: 'MatMul', inputs: ['q', 'k'], output: 'scores' },
        { type: 'Mul', inputs: ['scores', 'scale'], output: 'scaled' },
        { type: 'Softmax', inputs: ['scaled'], output: 'p', attributes: { axis: 2 } },
        { type: 'MatMul', inputs: ['p', 'v'], output: 'c' },
      ],
    },
    { scale: [1] },
  ),
];
