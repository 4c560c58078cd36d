import type { CaseRandom, FamilyCases } from '../cases.js';
import { type Problem, sizeOf } from '../kernel.js';
import { type ArgmaxProblem, argmaxFamily } from './argmax.js';
import { type ReduceKind, type ReduceProblem, reduceFamily } from './reduce.js';

type View = readonly [number, number, number];

/** Long and short rows and columns, odd and divisible by four, whole and split. */
function randomView(random: CaseRandom): View {
  const length = random.bool() ? random.int(1, 300) : 4 * random.int(500, 1500);
  const outer = random.int(1, length > 400 ? 3 : 20);
  const inner = random.pick([1, random.int(2, 9), 4 * random.int(1, 6)]);
  return [outer, length, inner];
}

function problem(kind: ReduceKind, view: View, dtype: 'f32' | 'f16'): ReduceProblem {
  return { kind, view, inputs: [{ shape: view, dtype }], outputs: [{ shape: [view[0], view[2]], dtype }] };
}

/** Reduces each column of [outer, length, inner]. */
function reduceColumns(
  [outer, length, inner]: View,
  x: Float64Array,
  reduce: (values: Float64Array) => number,
): Float64Array {
  const values = new Float64Array(length);
  return Float64Array.from({ length: outer * inner }, (_, at) => {
    const start = Math.floor(at / inner) * length * inner + (at % inner);
    for (let r = 0; r < length; r++) values[r] = x[start + r * inner]!;
    return reduce(values);
  });
}

const REDUCTIONS: Record<ReduceKind, (values: Float64Array) => number> = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  mean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  max: (values) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  sumSquares: (values) => values.reduce((a, b) => a + b * b, 0),
};

const reduceCases: FamilyCases<ReduceProblem> = {
  family: reduceFamily,
  reference: ({ kind, view }, [x]) => [reduceColumns(view, x!, REDUCTIONS[kind])],
  random: (random, dtype) =>
    problem(random.pick(['sum', 'mean', 'max', 'sumSquares'] as const), randomView(random), dtype),
  // Off zero, so that no sum is a small difference of large ones.
  fill: ({ view }, random) => [Float64Array.from({ length: sizeOf(view) }, () => random.normal() + 0.5)],
  perf: [
    { name: 'sum of 4 M', problem: problem('sum', [1, 1 << 22, 1], 'f32') },
    { name: 'rows 16384×256', problem: problem('sum', [16384, 256, 1], 'f32') },
    { name: 'columns 16384×256', problem: problem('sum', [1, 16384, 256], 'f32') },
  ],
};

const argmaxCases: FamilyCases<ArgmaxProblem> = {
  family: argmaxFamily,
  reference: ({ view }, [x]) => [reduceColumns(view, x!, (values) => values.indexOf(REDUCTIONS.max(values)))],
  random(random, dtype) {
    const view = randomView(random);
    return { view, inputs: [{ shape: view, dtype }], outputs: [{ shape: [view[0], view[2]], dtype: 'u32' }] };
  },
  perf: [
    {
      name: 'rows 1024×512',
      problem: {
        view: [1024, 512, 1],
        inputs: [{ shape: [1024, 512], dtype: 'f32' }],
        outputs: [{ shape: [1024], dtype: 'u32' }],
      },
    },
  ],
};

export const cases: readonly FamilyCases<Problem>[] = [reduceCases, argmaxCases];
