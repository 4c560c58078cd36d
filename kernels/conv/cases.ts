import type { CaseRandom, FamilyCases } from '../cases.js';
import { applyEpilogueReference } from '../common/epilogue.js';
import type { Epilogue } from '../elementwise/expression.js';
import type { DType } from '../kernel.js';
import { convFamily, convolutionOf } from './conv.js';
import {
  type ConvAttributes,
  type Convolution,
  type ConvProblem,
  convOutputShape,
  type InputGradientProblem,
  type WeightGradientProblem,
} from './geometry.js';
import { inputGradientFamily } from './input-gradient.js';
import { convolve, inputGradient, weightGradient } from './reference.js';
import { weightGradientFamily } from './weight-gradient.js';

/** Builds the three tensors of a convolution from sizes. */
function convolution(
  dtype: DType,
  x: readonly number[],
  w: readonly number[],
  attrs: Partial<ConvAttributes> = {},
): Convolution {
  const full: ConvAttributes = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1, ...attrs };
  return { ...full, x: { shape: x, dtype }, w: { shape: w, dtype }, y: { shape: convOutputShape(x, w, full), dtype } };
}

const BIAS: Epilogue = { expression: { fn: 'add', of: [{ arg: 0 }, { arg: 1 }] }, operands: ['column'] };
const BIAS_SILU_RESIDUAL: Epilogue = {
  expression: { fn: 'add', of: [{ fn: 'silu', of: [{ fn: 'add', of: [{ arg: 0 }, { arg: 1 }] }] }, { arg: 2 }] },
  operands: ['column', 'full'],
};

const BIAS_RELU6: Epilogue = {
  expression: {
    fn: 'min',
    of: [{ fn: 'max', of: [{ fn: 'add', of: [{ arg: 0 }, { arg: 1 }] }, { value: 0 }] }, { value: 6 }],
  },
  operands: ['column'],
};

interface Kind {
  draw(random: CaseRandom, dtype: DType, batch: number): Convolution;
  /** For the forward direction. */
  epilogue?: Epilogue;
}

/**
 * One kind for each variant that is made for something, and kinds that only the general ones serve. Spatial sizes are
 * ragged; channels, which decide what is compiled, come from a few that reach every tile width, aligned and not.
 */
const KINDS: readonly Kind[] = [
  {
    // A plain product: 1×1, or windows that neither overlap nor leave gaps.
    draw(random, dtype, batch) {
      const kernel = random.pick([1, 1, 2, 4]);
      const [depth, width] = random.pick([
        [8, 60],
        [5, 13],
        // Large enough for the product's operands to be read as textures, in rows of several pixels.
        [64, 64],
      ] as const);
      const along = depth === 64 ? random.int(33, 40) : random.int(1, 9);
      const x = kernel === 1 ? [batch, random.int(1, 5), along, depth] : [batch, 1, kernel * along, depth];
      return convolution(dtype, x, [width, 1, kernel, depth], { stride: [1, kernel] });
    },
    epilogue: BIAS,
  },
  {
    // Depthwise.
    draw(random, dtype, batch) {
      const channels = 4 * random.int(1, 10);
      const [kernelH, kernelW, stride] = random.pick([
        [1, 7, 1],
        [3, 3, 1],
        [3, 3, 2],
        [5, 5, 1],
        [5, 5, 2],
      ] as const);
      return convolution(
        dtype,
        // Up to three bands of 16 rows.
        [batch, random.int(kernelH, 40), random.int(kernelW, 21), channels],
        [channels, kernelH, kernelW, 1],
        {
          padding: [random.int(0, kernelH), random.int(0, kernelH), random.int(0, kernelW), random.int(0, kernelW)],
          stride: [kernelH === 1 ? 1 : stride, stride],
          groups: channels,
        },
      );
    },
    epilogue: BIAS_RELU6,
  },
  {
    // Winograd's: dense 3×3 of stride 1.
    draw(random, dtype, batch) {
      const depth = 4 * random.int(1, 9);
      const width = random.pick([12, 60]);
      return convolution(dtype, [batch, random.int(3, 11), random.int(3, 11), depth], [width, 3, 3, depth], {
        padding: [random.int(0, 2), random.int(0, 2), random.int(0, 2), random.int(0, 2)],
      });
    },
    epilogue: BIAS_SILU_RESIDUAL,
  },
  {
    // Groups, strides and dilations of every sort.
    draw(random, dtype, batch) {
      const groups = random.int(1, 3);
      const [depth, width] = random.pick([
        [8, 20],
        [3, 5],
      ] as const);
      return convolution(
        dtype,
        [batch, random.int(7, 9), random.int(7, 12), groups * depth],
        [groups * width, random.int(1, 3), random.int(1, 4), depth],
        {
          stride: [random.int(1, 3), random.int(1, 3)],
          padding: [random.int(0, 2), random.int(0, 2), random.int(0, 3), random.int(0, 3)],
          dilation: [random.int(1, 3), random.int(1, 2)],
          groups,
        },
      );
    },
  },
  {
    // One axis, dilated or strided, as temporal stacks and vocoders have it.
    draw(random, dtype, batch) {
      const depth = 4 * random.int(1, 8);
      const kernel = random.pick([3, 4, 5, 7, 16]);
      return convolution(dtype, [batch, 1, random.int(30, 45), depth], [random.pick([60, 61]), 1, kernel, depth], {
        stride: [1, random.pick([1, 1, 2, 4, 5])],
        padding: [0, 0, random.int(0, 8), random.int(0, 8)],
        dilation: [1, kernel > 7 ? 1 : random.pick([1, 2, 4])],
      });
    },
  },
  {
    // Few input channels, as first layers have.
    draw(random, dtype, batch) {
      return convolution(dtype, [batch, random.int(3, 12), random.int(3, 12), 3], [random.pick([7, 24]), 3, 3, 3], {
        stride: [random.int(1, 2), random.int(1, 2)],
        padding: [1, 1, 1, 1],
      });
    },
  },
];

interface Drawn {
  convolution: Convolution;
  epilogue?: Epilogue;
}

function randomConvolution(random: CaseRandom, dtype: DType): Drawn {
  const { draw, epilogue } = random.pick(KINDS);
  return { convolution: draw(random, dtype, random.int(1, 2)), epilogue };
}

/** Images in f32, weights in f16. */
function mixedConvolution(random: CaseRandom): Drawn {
  const { convolution, epilogue } = randomConvolution(random, 'f32');
  return { convolution: { ...convolution, w: { ...convolution.w, dtype: 'f16' } }, epilogue };
}

function forward({ convolution: { x, w, y, ...attrs }, epilogue }: Drawn): ConvProblem {
  const operands =
    epilogue?.operands.map((kind) => (kind === 'full' ? y : { shape: [y.shape[3]!], dtype: y.dtype })) ?? [];
  return { ...attrs, ...(epilogue && { epilogue }), inputs: [x, w, ...operands], outputs: [y] };
}

const toInput = ({ x, w, y, ...attrs }: Convolution): InputGradientProblem => ({
  ...attrs,
  inputs: [y, w],
  outputs: [x],
});
const toWeights = ({ x, w, y, ...attrs }: Convolution): WeightGradientProblem => ({
  ...attrs,
  inputs: [x, y],
  outputs: [w],
});

const along = (padding: number, dilation = 1): Partial<ConvAttributes> => ({
  padding: [0, 0, padding, padding],
  dilation: [1, dilation],
});

const depthwise = (channels: number, size: number, kernel: number, stride = 1, dtype: DType = 'f32'): Convolution => {
  const zeros = kernel - stride;
  const [before, after] = [zeros >> 1, zeros - (zeros >> 1)];
  return convolution(dtype, [1, size, size, channels], [channels, kernel, kernel, 1], {
    stride: [stride, stride],
    padding: [before, after, before, after],
    groups: channels,
  });
};

/** Sizes of the model's training and of common image networks. */
const PERF: readonly { name: string; convolution: Convolution }[] = [
  {
    name: '3×3 C320 16×64',
    convolution: convolution('f32', [1, 16, 64, 320], [320, 3, 3, 320], { padding: [1, 1, 1, 1] }),
  },
  {
    name: '3×3 C320 16×64 f16',
    convolution: convolution('f16', [1, 16, 64, 320], [320, 3, 3, 320], { padding: [1, 1, 1, 1] }),
  },
  { name: '1-D k7 80→192', convolution: convolution('f32', [12, 1, 128, 80], [192, 1, 7, 80], along(3)) },
  { name: '1-D k5 d4 96→96', convolution: convolution('f32', [16, 1, 100, 96], [96, 1, 5, 96], along(8, 4)) },
  {
    name: '1-D k4 s4 192→192',
    convolution: convolution('f32', [12, 1, 128, 192], [192, 1, 4, 192], { stride: [1, 4] }),
  },
  {
    name: '1-D k16 s4 256→512',
    convolution: convolution('f32', [1, 1, 2048, 256], [512, 1, 16, 256], { ...along(6), stride: [1, 4] }),
  },
  // A vocoder's, shortened: wide and early, narrow and late.
  { name: '1-D k11 512→512', convolution: convolution('f32', [1, 1, 1024, 512], [512, 1, 11, 512], along(5)) },
  { name: '1-D k3 d5 256→256', convolution: convolution('f32', [1, 1, 4096, 256], [256, 1, 3, 256], along(5, 5)) },
  { name: '1-D k7 64→64', convolution: convolution('f32', [1, 1, 16384, 64], [64, 1, 7, 64], along(3)) },
  { name: '1-D k11 32→32', convolution: convolution('f32', [1, 1, 32768, 32], [32, 1, 11, 32], along(5)) },
  {
    name: 'depthwise k7 C192',
    convolution: convolution('f32', [12, 1, 128, 192], [192, 1, 7, 1], { ...along(3), groups: 192 }),
  },
  { name: 'depthwise 3×3 C144 56²', convolution: depthwise(144, 56, 3) },
  { name: 'depthwise 3×3 s2 C96 112²', convolution: depthwise(96, 112, 3, 2) },
  { name: 'depthwise 5×5 C672 14²', convolution: depthwise(672, 14, 5) },
  { name: 'depthwise 5×5 s2 C144 56²', convolution: depthwise(144, 56, 5, 2) },
  { name: 'depthwise 5×5 C672 14² f16', convolution: depthwise(672, 14, 5, 1, 'f16') },
  {
    name: '3×3 C32→48 8×8 grids',
    convolution: convolution('f32', [400, 8, 8, 32], [48, 3, 3, 32], { padding: [1, 1, 1, 1] }),
  },
  {
    name: '5×1 over time C48',
    convolution: convolution('f32', [8, 50, 64, 48], [48, 5, 1, 48], { padding: [2, 2, 0, 0] }),
  },
];

export const convCases: FamilyCases<ConvProblem> = {
  family: convFamily,
  reference(problem, inputs) {
    const y = convolve(convolutionOf(problem), inputs[0]!, inputs[1]!);
    applyEpilogueReference(problem, 2, y, inputs);
    return [y];
  },
  random: (random, dtype) => forward(randomConvolution(random, dtype)),
  mixed: (random) => forward(mixedConvolution(random)),
  perf: PERF.map(({ name, convolution }) => ({ name, problem: forward({ convolution }) })),
};

export const inputGradientCases: FamilyCases<InputGradientProblem> = {
  family: inputGradientFamily,
  reference(problem, [g, w]) {
    return [
      inputGradient({ ...problem, x: problem.outputs[0]!, w: problem.inputs[1]!, y: problem.inputs[0]! }, g!, w!),
    ];
  },
  random: (random, dtype) => toInput(randomConvolution(random, dtype).convolution),
  mixed: (random) => toInput(mixedConvolution(random).convolution),
  perf: PERF.map(({ name, convolution }) => ({ name, problem: toInput(convolution) })),
};

export const weightGradientCases: FamilyCases<WeightGradientProblem> = {
  family: weightGradientFamily,
  reference(problem, [x, g]) {
    return [
      weightGradient({ ...problem, x: problem.inputs[0]!, w: problem.outputs[0]!, y: problem.inputs[1]! }, x!, g!),
    ];
  },
  random: (random, dtype) => toWeights(randomConvolution(random, dtype).convolution),
  perf: PERF.map(({ name, convolution }) => ({ name, problem: toWeights(convolution) })),
};
