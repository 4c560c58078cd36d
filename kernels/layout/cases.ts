import type { CaseRandom, FamilyCases } from '../cases.js';
import { type DType, type Problem, sizeOf, type TensorType } from '../kernel.js';
import { type ConcatProblem, concatFamily } from './concat.js';
import { type CopyProblem, copyFamily } from './copy.js';
import { gatherFamily, gatherGradientFamily } from './gather.js';
import { type PadEdgeProblem, type PadProblem, padEdgeFamily, padEdgeGradientFamily, padFamily } from './pad.js';
import { type SplitProblem, splitFamily } from './split.js';
import { contiguousStrides } from './view.js';

/** Ragged sizes, with a last one that divides by 4 every other time. */
function randomShape(random: CaseRandom, least: number, most: number): number[] {
  const shape = Array.from({ length: random.int(least, most) }, () => random.int(1, 7));
  if (random.bool()) shape[shape.length - 1] = 4 * random.int(1, 5);
  return shape;
}

function shuffled(random: CaseRandom, n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.int(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Coordinates of a flat row-major index. */
function coordinates(index: number, shape: readonly number[]): number[] {
  const c = new Array<number>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    c[d] = index % shape[d]!;
    index = Math.floor(index / shape[d]!);
  }
  return c;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, d) => sum + x * b[d]!, 0);

type Kind = 'permute' | 'transpose' | 'slice' | 'expand';

function copyProblem(random: CaseRandom, kind: Kind, dtype: DType): CopyProblem {
  if (kind === 'transpose') {
    const [batch, m, n] = [random.int(1, 3), 4 * random.int(1, 5), 4 * random.int(1, 5)];
    return permuted([batch, m, n], [0, 2, 1], dtype);
  }
  const shape = randomShape(random, 1, 5);
  const strides = contiguousStrides(shape);
  if (kind === 'permute') return permuted(shape, shuffled(random, shape.length), dtype);
  if (kind === 'slice') {
    const start = shape.map((n, d) => (d === shape.length - 1 && random.bool() ? 0 : random.int(0, n - 1)));
    const cut = shape.map((n, d) => (start[d] === 0 && random.bool() ? n : random.int(1, n - start[d]!)));
    return {
      inputs: [{ shape, dtype }],
      outputs: [{ shape: cut, dtype }],
      strides,
      offset: dot(start, strides),
    };
  }
  const repeated = shape.map(() => random.int(0, 2) === 0);
  const own = shape.map((n, d) => (repeated[d] ? 1 : n));
  const ownStrides = contiguousStrides(own);
  return {
    inputs: [{ shape: own, dtype }],
    outputs: [{ shape, dtype }],
    strides: ownStrides.map((s, d) => (repeated[d] ? 0 : s)),
    offset: 0,
  };
}

function permuted(shape: readonly number[], order: readonly number[], dtype: DType): CopyProblem {
  const strides = contiguousStrides(shape);
  return {
    inputs: [{ shape, dtype }],
    outputs: [{ shape: order.map((d) => shape[d]!), dtype }],
    strides: order.map((d) => strides[d]!),
    offset: 0,
  };
}

const copyCases: FamilyCases<CopyProblem> = {
  family: copyFamily,
  reference: ({ outputs: [y], strides, offset }, [x]) => [
    Float64Array.from({ length: sizeOf(y!.shape) }, (_, i) => x![offset + dot(coordinates(i, y!.shape), strides)]!),
  ],
  random: (random, dtype) =>
    copyProblem(random, random.pick(['permute', 'transpose', 'slice', 'expand'] as const), dtype),
  perf: [
    { name: 'heads 16×1024×8×64', problem: permuted([16, 1024, 8, 64], [0, 2, 1, 3], 'f32') },
    { name: 'transpose 2048×2048', problem: permuted([2048, 2048], [1, 0], 'f32') },
    { name: 'transpose 2047×2049', problem: permuted([2047, 2049], [1, 0], 'f32') },
    {
      name: 'fill 4 M',
      problem: {
        inputs: [{ shape: [1], dtype: 'f32' }],
        outputs: [{ shape: [1 << 22], dtype: 'f32' }],
        strides: [0],
        offset: 0,
      },
    },
  ],
};

function padProblem(
  shape: readonly number[],
  borders: readonly (readonly [number, number])[],
  dtype: DType,
): PadProblem {
  return {
    inputs: [{ shape, dtype }],
    outputs: [{ shape: shape.map((n, d) => borders[d]![0] + n + borders[d]![1]), dtype }],
    before: borders.map(([before]) => before),
  };
}

const padCases: FamilyCases<PadProblem> = {
  family: padFamily,
  reference({ inputs: [x], outputs: [y], before }, [values]) {
    const strides = contiguousStrides(x!.shape);
    return [
      Float64Array.from({ length: sizeOf(y!.shape) }, (_, i) => {
        const from = coordinates(i, y!.shape).map((c, d) => c - before[d]!);
        return from.every((c, d) => c >= 0 && c < x!.shape[d]!) ? values![dot(from, strides)]! : 0;
      }),
    ];
  },
  random(random, dtype) {
    const shape = randomShape(random, 1, 5);
    const unit = random.bool() ? 4 : 1;
    const border = (d: number): number =>
      random.bool() ? 0 : d === shape.length - 1 ? unit * random.int(0, 2) : random.int(0, 3);
    return padProblem(
      shape,
      shape.map((_, d) => [border(d), border(d)] as const),
      dtype,
    );
  },
  perf: [
    {
      name: 'time 32×1000×256',
      problem: padProblem(
        [32, 1000, 256],
        [
          [0, 0],
          [3, 3],
          [0, 0],
        ],
        'f32',
      ),
    },
  ],
};

const padEdgeTypes = (
  problem: Omit<PadEdgeProblem, 'inputs' | 'outputs'>,
  dtype: DType,
  back: boolean,
): PadEdgeProblem => {
  const [outer, length, inner] = problem.view;
  const plain: TensorType = { shape: [outer, length, inner], dtype };
  const padded: TensorType = { shape: [outer, problem.before + length + problem.after, inner], dtype };
  return { ...problem, inputs: [back ? padded : plain], outputs: [back ? plain : padded] };
};

function randomPadEdge(random: CaseRandom, dtype: DType, back: boolean): PadEdgeProblem {
  const mode = random.pick(['reflect', 'edge'] as const);
  const length = random.int(1, 12);
  const most = mode === 'reflect' ? length - 1 : 15;
  const view = [random.int(1, 4), length, random.pick([1, 1, random.int(2, 5)])] as const;
  return padEdgeTypes({ mode, view, before: random.int(0, most), after: random.int(0, most) }, dtype, back);
}

/** For each padded position, the position that fills it. */
function padSources({ mode, view: [, length], before, after }: PadEdgeProblem): number[] {
  return Array.from({ length: before + length + after }, (_, at) => {
    const j = at - before;
    if (mode === 'edge') return Math.min(Math.max(j, 0), length - 1);
    return j < 0 ? -j : j >= length ? 2 * (length - 1) - j : j;
  });
}

const audioPadding = { mode: 'reflect', view: [16, 64000, 1], before: 512, after: 512 } as const;

const padEdgeCases: FamilyCases<PadEdgeProblem> = {
  family: padEdgeFamily,
  reference(problem, [x]) {
    const [outer, length, inner] = problem.view;
    const sources = padSources(problem);
    const y = new Float64Array(outer * sources.length * inner);
    for (let o = 0, at = 0; o < outer; o++) {
      for (const from of sources) for (let i = 0; i < inner; i++) y[at++] = x![(o * length + from) * inner + i]!;
    }
    return [y];
  },
  random: (random, dtype) => randomPadEdge(random, dtype, false),
  perf: [{ name: 'reflect 16×64000', problem: padEdgeTypes(audioPadding, 'f32', false) }],
};

const padEdgeGradientCases: FamilyCases<PadEdgeProblem> = {
  family: padEdgeGradientFamily,
  reference(problem, [dy]) {
    const [outer, length, inner] = problem.view;
    const sources = padSources(problem);
    const dx = new Float64Array(outer * length * inner);
    for (let o = 0, at = 0; o < outer; o++) {
      for (const to of sources) for (let i = 0; i < inner; i++) dx[(o * length + to) * inner + i]! += dy![at++]!;
    }
    return [dx];
  },
  random: (random, dtype) => randomPadEdge(random, dtype, true),
  perf: [{ name: 'reflect 16×64000', problem: padEdgeTypes(audioPadding, 'f32', true) }],
};

function concatProblem(shapes: readonly (readonly number[])[], axis: number, dtype: DType): ConcatProblem {
  const total = shapes.reduce((sum, shape) => sum + shape[axis]!, 0);
  return {
    inputs: shapes.map((shape) => ({ shape, dtype })),
    outputs: [{ shape: shapes[0]!.map((n, d) => (d === axis ? total : n)), dtype }],
    axis,
  };
}

const concatCases: FamilyCases<ConcatProblem> = {
  family: concatFamily,
  reference({ inputs, outputs: [y], axis }, values) {
    const result: number[] = [];
    for (let o = 0; o < sizeOf(y!.shape.slice(0, axis)); o++) {
      for (const [k, { shape }] of inputs.entries()) {
        const run = sizeOf(shape.slice(axis));
        result.push(...values[k]!.subarray(o * run, (o + 1) * run));
      }
    }
    return [Float64Array.from(result)];
  },
  random(random, dtype) {
    const shape = randomShape(random, 1, 4);
    const axis = random.int(0, shape.length - 1);
    const unit = random.bool() ? 4 : 1;
    const shapes = Array.from({ length: random.int(2, 5) }, () =>
      shape.map((n, d) => (d === axis ? unit * random.int(1, 4) : n)),
    );
    return concatProblem(shapes, axis, dtype);
  },
  perf: [
    {
      name: 'channels 16384×(256+256)',
      problem: concatProblem(
        [
          [16384, 256],
          [16384, 256],
        ],
        1,
        'f32',
      ),
    },
  ],
};

/** The split that undoes a concatenation. */
const mirrored = ({ inputs, outputs, axis }: ConcatProblem): SplitProblem => ({
  inputs: outputs,
  outputs: inputs,
  axis,
});

const splitCases: FamilyCases<SplitProblem> = {
  family: splitFamily,
  reference({ outputs, axis }, [x]) {
    const runs = outputs.map(({ shape }) => sizeOf(shape.slice(axis)));
    const total = runs.reduce((sum, run) => sum + run, 0);
    let start = 0;
    return outputs.map(({ shape }, k) => {
      start += runs[k]!;
      const [outer, run, before] = [sizeOf(shape.slice(0, axis)), runs[k]!, start - runs[k]!];
      return Float64Array.from(
        { length: outer * run },
        (_, i) => x![Math.floor(i / run) * total + before + (i % run)]!,
      );
    });
  },
  random: (random, dtype) => mirrored(concatCases.random(random, dtype)),
  perf: [
    {
      name: 'query, key, value 1024×(192+192+192)',
      problem: mirrored(
        concatProblem(
          Array.from({ length: 3 }, () => [1024, 192]),
          1,
          'f32',
        ),
      ),
    },
  ],
};

function tableProblem(
  tableRows: number,
  width: number,
  index: readonly number[],
  dtype: DType,
  back: boolean,
): Problem {
  const table: TensorType = { shape: [tableRows, width], dtype };
  const rows: TensorType = { shape: [...index, width], dtype };
  return { inputs: [back ? rows : table, { shape: index, dtype: 'u32' }], outputs: [back ? table : rows] };
}

const randomTable = (random: CaseRandom, dtype: DType, back: boolean): Problem =>
  tableProblem(
    random.int(1, 20),
    random.bool() ? 4 * random.int(1, 8) : random.int(1, 30),
    [random.int(1, 40)],
    dtype,
    back,
  );

/** Indices a little past the last row now and then: they count as the last. */
const tableOperands = ({ inputs }: Problem, tableRows: number, random: CaseRandom): Float64Array[] => [
  Float64Array.from({ length: sizeOf(inputs[0]!.shape) }, () => random.normal()),
  Float64Array.from({ length: sizeOf(inputs[1]!.shape) }, () => random.int(0, tableRows)),
];

const gatherCases: FamilyCases<Problem> = {
  family: gatherFamily,
  reference({ inputs: [table] }, [values, index]) {
    const [rows, width] = table!.shape as [number, number];
    const result = new Float64Array(index!.length * width);
    for (const [n, k] of index!.entries()) {
      const row = Math.min(k, rows - 1);
      result.set(values!.subarray(row * width, (row + 1) * width), n * width);
    }
    return [result];
  },
  random: (random, dtype) => randomTable(random, dtype, false),
  fill: (problem, random) => tableOperands(problem, problem.inputs[0]!.shape[0]!, random),
  perf: [{ name: '16384 of 49408×512', problem: tableProblem(49408, 512, [16384], 'f32', false) }],
};

const gatherGradientCases: FamilyCases<Problem> = {
  family: gatherGradientFamily,
  reference({ outputs: [table] }, [dy, index]) {
    const [rows, width] = table!.shape as [number, number];
    const result = new Float64Array(rows * width);
    for (const [n, k] of index!.entries()) {
      const row = Math.min(k, rows - 1);
      for (let d = 0; d < width; d++) result[row * width + d]! += dy![n * width + d]!;
    }
    return [result];
  },
  random: (random, dtype) => randomTable(random, dtype, true),
  fill: (problem, random) => tableOperands(problem, problem.outputs[0]!.shape[0]!, random),
  perf: [{ name: '24 into 8×256', problem: tableProblem(8, 256, [24], 'f32', true) }],
};

export const cases: readonly FamilyCases<Problem>[] = [
  copyCases,
  padCases,
  padEdgeCases,
  padEdgeGradientCases,
  concatCases,
  splitCases,
  gatherCases,
  gatherGradientCases,
];
