import type { CaseRandom, FamilyCases } from '../cases.js';
import { type DType, type Problem, sizeOf, type TensorType } from '../kernel.js';
import {
  type NormInputGradientProblem,
  type NormProblem,
  type NormWeightGradientProblem,
  normFamily,
  normInputGradientFamily,
  normWeightGradientFamily,
} from './norm.js';
import { type SoftmaxProblem, softmaxFamily, softmaxGradientFamily } from './softmax.js';

interface Rows {
  batch: number;
  spatial: number;
  groups: number;
  width: number;
}

/** Layer and group normalisation, short and long rows, widths that divide by 4 and that do not. */
function randomRows(random: CaseRandom): Rows {
  const width = random.bool() ? random.int(2, 40) : 4 * random.int(1, 30);
  if (random.bool()) return { batch: random.int(1, 30), spatial: 1, groups: 1, width };
  return { batch: random.int(1, 3), spatial: random.int(1, 100), groups: random.int(1, 5), width: Math.min(width, 24) };
}

const typesOf = (
  { batch, spatial, groups, width }: Rows,
  dtype: DType,
): Record<'x' | 'statistic' | 'channel', TensorType> => ({
  x: { shape: [batch, spatial, groups * width], dtype },
  statistic: { shape: [batch, groups], dtype: 'f32' },
  channel: { shape: [groups * width], dtype },
});

/** Calls `visit` with each element's flat index, row and channel. */
function forEachElement(
  { batch, spatial, groups, width }: Rows,
  visit: (at: number, row: number, channel: number) => void,
): void {
  const channels = groups * width;
  for (let at = 0; at < batch * spatial * channels; at++) {
    const channel = at % channels;
    visit(at, Math.floor(at / (spatial * channels)) * groups + Math.floor(channel / width), channel);
  }
}

/** Mean over each row of a function of the element. */
function rowMeans(rows: Rows, value: (at: number, row: number, channel: number) => number): Float64Array {
  const means = new Float64Array(rows.batch * rows.groups);
  forEachElement(rows, (at, row, channel) => {
    means[row]! += value(at, row, channel) / (rows.spatial * rows.width);
  });
  return means;
}

function normProblem(rows: Rows, affine: boolean, dtype: DType): NormProblem {
  const { x, statistic, channel } = typesOf(rows, dtype);
  return {
    ...rows,
    affine,
    eps: 1e-5,
    inputs: [x, ...(affine ? [channel, channel] : [])],
    outputs: [x, statistic, statistic],
  };
}

const normCases: FamilyCases<NormProblem> = {
  family: normFamily,
  reference(problem, [x, weight, bias]) {
    const mean = rowMeans(problem, (at) => x![at]!);
    const rstd = rowMeans(problem, (at, row) => (x![at]! - mean[row]!) ** 2).map((v) => 1 / Math.sqrt(v + problem.eps));
    const y = new Float64Array(x!.length);
    forEachElement(problem, (at, row, channel) => {
      y[at] = (x![at]! - mean[row]!) * rstd[row]! * (weight?.[channel] ?? 1) + (bias?.[channel] ?? 0);
    });
    return [y, mean, rstd];
  },
  random: (random, dtype) => normProblem(randomRows(random), random.bool(), dtype),
  fill(problem, random) {
    const centre = random.real(-3, 3);
    return problem.inputs.map(({ shape }, k) =>
      Float64Array.from({ length: sizeOf(shape) }, () => random.normal() + (k === 0 ? centre : 0)),
    );
  },
  perf: [
    { name: 'layer 4096×256', problem: normProblem({ batch: 4096, spatial: 1, groups: 1, width: 256 }, true, 'f32') },
    {
      name: 'group 8×1024×(32·16)',
      problem: normProblem({ batch: 8, spatial: 1024, groups: 32, width: 16 }, true, 'f32'),
    },
  ],
};

function inputGradientProblem(rows: Rows, affine: boolean, dtype: DType): NormInputGradientProblem {
  const { x, statistic, channel } = typesOf(rows, dtype);
  return { ...rows, affine, inputs: [x, x, statistic, statistic, ...(affine ? [channel] : [])], outputs: [x] };
}

/** Standard normal operands, but a spread (the last of `x, dy, mean, rstd`) is positive. */
const gradientOperands = ({ inputs }: Problem, random: CaseRandom): Float64Array[] =>
  inputs.map(({ shape }, k) =>
    Float64Array.from({ length: sizeOf(shape) }, () => (k === 3 ? random.real(0.5, 2) : random.normal())),
  );

const inputGradientCases: FamilyCases<NormInputGradientProblem> = {
  family: normInputGradientFamily,
  reference(problem, [x, dy, mean, rstd, weight]) {
    const h = (at: number, channel: number): number => dy![at]! * (weight?.[channel] ?? 1);
    const unit = (at: number, row: number): number => (x![at]! - mean![row]!) * rstd![row]!;
    const plain = rowMeans(problem, (at, _, channel) => h(at, channel));
    const along = rowMeans(problem, (at, row, channel) => h(at, channel) * unit(at, row));
    const dx = new Float64Array(x!.length);
    forEachElement(problem, (at, row, channel) => {
      dx[at] = rstd![row]! * (h(at, channel) - plain[row]! - unit(at, row) * along[row]!);
    });
    return [dx];
  },
  random: (random, dtype) => inputGradientProblem(randomRows(random), random.bool(), dtype),
  fill: gradientOperands,
  perf: [
    {
      name: 'layer 4096×256',
      problem: inputGradientProblem({ batch: 4096, spatial: 1, groups: 1, width: 256 }, true, 'f32'),
    },
  ],
};

function weightGradientProblem(rows: Rows, dtype: DType): NormWeightGradientProblem {
  const { x, statistic, channel } = typesOf(rows, dtype);
  return { ...rows, inputs: [x, x, statistic, statistic], outputs: [channel, channel] };
}

const weightGradientCases: FamilyCases<NormWeightGradientProblem> = {
  family: normWeightGradientFamily,
  reference(problem, [x, dy, mean, rstd]) {
    const dweight = new Float64Array(problem.groups * problem.width);
    const dbias = new Float64Array(problem.groups * problem.width);
    forEachElement(problem, (at, row, channel) => {
      dweight[channel]! += dy![at]! * (x![at]! - mean![row]!) * rstd![row]!;
      dbias[channel]! += dy![at]!;
    });
    return [dweight, dbias];
  },
  random(random, dtype) {
    const rows = randomRows(random);
    return weightGradientProblem(rows.spatial === 1 ? { ...rows, batch: rows.batch * random.int(1, 20) } : rows, dtype);
  },
  fill: gradientOperands,
  perf: [
    {
      name: 'layer 4096×256',
      problem: weightGradientProblem({ batch: 4096, spatial: 1, groups: 1, width: 256 }, 'f32'),
    },
  ],
};

const softmaxProblem = (shape: readonly number[], log: boolean, dtype: DType, operands: number): SoftmaxProblem => ({
  log,
  inputs: Array.from({ length: operands }, () => ({ shape, dtype })),
  outputs: [{ shape, dtype }],
});

const randomSoftmax = (random: CaseRandom, dtype: DType, operands: number): SoftmaxProblem => {
  const length = random.bool() ? random.int(1, 200) : 4 * random.int(1, 100);
  return softmaxProblem([random.int(1, 12), length], random.bool(), dtype, operands);
};

/** Each row as [start, stop). */
function rowsOf({ inputs: [x] }: SoftmaxProblem): [number, number][] {
  const length = x!.shape.at(-1)!;
  return Array.from({ length: sizeOf(x!.shape) / length }, (_, row) => [row * length, (row + 1) * length]);
}

const softmaxCases: FamilyCases<SoftmaxProblem> = {
  family: softmaxFamily,
  reference(problem, [x]) {
    const y = new Float64Array(x!.length);
    for (const [start, stop] of rowsOf(problem)) {
      const row = x!.subarray(start, stop);
      const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const sum = row.reduce((total, v) => total + Math.exp(v - top), 0);
      for (let e = start; e < stop; e++) {
        y[e] = problem.log ? x![e]! - top - Math.log(sum) : Math.exp(x![e]! - top) / sum;
      }
    }
    return [y];
  },
  random: (random, dtype) => randomSoftmax(random, dtype, 1),
  perf: [
    { name: '8192×1024', problem: softmaxProblem([8192, 1024], false, 'f32', 1) },
    { name: '16384×64', problem: softmaxProblem([16384, 64], false, 'f32', 1) },
  ],
};

const softmaxGradientCases: FamilyCases<SoftmaxProblem> = {
  family: softmaxGradientFamily,
  reference(problem, [y, dy]) {
    const dx = new Float64Array(y!.length);
    for (const [start, stop] of rowsOf(problem)) {
      let sum = 0;
      for (let e = start; e < stop; e++) sum += problem.log ? dy![e]! : dy![e]! * y![e]!;
      for (let e = start; e < stop; e++) {
        dx[e] = problem.log ? dy![e]! - Math.exp(y![e]!) * sum : y![e]! * (dy![e]! - sum);
      }
    }
    return [dx];
  },
  random: (random, dtype) => randomSoftmax(random, dtype, 2),
  /** Operand 0 is a softmax (or its logarithm), as it is where gradients are taken. */
  fill(problem, random) {
    const x = Float64Array.from({ length: sizeOf(problem.inputs[0]!.shape) }, () => random.normal());
    const y = softmaxCases.reference(problem, [x])[0]!;
    return [y, x.map(() => random.normal())];
  },
  perf: [{ name: '8192×1024', problem: softmaxProblem([8192, 1024], false, 'f32', 2) }],
};

export const cases: readonly FamilyCases<Problem>[] = [
  normCases,
  inputGradientCases,
  weightGradientCases,
  softmaxCases,
  softmaxGradientCases,
];
