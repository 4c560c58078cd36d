/** Matmul for the harness: f64 reference, ragged problems, sizes to time. */

import type { CaseRandom, FamilyCases } from '../cases.js';
import { applyEpilogueReference } from '../common/epilogue.js';
import type { Epilogue } from '../elementwise/expression.js';
import { type DType, sizeOf, type TensorType } from '../kernel.js';
import { matmulFamily } from './matmul.js';
import { type MatmulProblem, matmulSizes } from './problem.js';

/** The plain product in f64, [batch, M, N] flat. */
function product(problem: MatmulProblem, a: Float64Array, b: Float64Array): Float64Array {
  const { m, n, k, batch, strideA, strideB } = matmulSizes(problem);
  const [rowA, colA] = problem.transposeA ? [1, m] : [k, 1];
  const [rowB, colB] = problem.transposeB ? [1, k] : [n, 1];
  const c = new Float64Array(batch * m * n);
  for (let z = 0; z < batch; z++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let q = 0; q < k; q++) {
          sum += a[z * strideA + i * rowA + q * colA]! * b[z * strideB + q * rowB + j * colB]!;
        }
        c[(z * m + i) * n + j] = sum;
      }
    }
  }
  return c;
}

const EPILOGUES: readonly Epilogue[] = [
  { expression: { fn: 'add', of: [{ arg: 0 }, { arg: 1 }] }, operands: ['column'] },
  {
    expression: { fn: 'add', of: [{ fn: 'silu', of: [{ fn: 'add', of: [{ arg: 0 }, { arg: 1 }] }] }, { arg: 2 }] },
    operands: ['column', 'full'],
  },
  { expression: { fn: 'mul', of: [{ arg: 0 }, { value: 0.125 }] }, operands: [] },
];

/** `dtype` is the storage type of all operands, but of B where `typeB` says otherwise. */
function problemOf(
  sizes: { m: number; n: number; k: number; batchA?: readonly number[]; batchB?: readonly number[] },
  dtype: DType,
  options: { transposeA?: boolean; transposeB?: boolean; epilogue?: Epilogue; typeB?: DType } = {},
): MatmulProblem {
  const { m, n, k, batchA = [], batchB = [] } = sizes;
  const { transposeA = false, transposeB = false, epilogue, typeB = dtype } = options;
  const c: TensorType = { shape: [...(batchA.length >= batchB.length ? batchA : batchB), m, n], dtype };
  const operands = (epilogue?.operands ?? []).map((kind) => (kind === 'column' ? { shape: [n], dtype } : c));
  return {
    inputs: [
      { shape: [...batchA, ...(transposeA ? [k, m] : [m, k])], dtype },
      { shape: [...batchB, ...(transposeB ? [n, k] : [k, n])], dtype: typeB },
      ...operands,
    ],
    outputs: [c],
    transposeA,
    transposeB,
    ...(epilogue ? { epilogue } : {}),
  };
}

function random(r: CaseRandom, dtype: DType, typeB: DType = dtype): MatmulProblem {
  // Enough work for the large tiles of GPUs, at little cost to the reference.
  if (r.int(1, 20) === 1)
    return problemOf({ m: r.int(128, 140), n: 128, k: r.int(3, 9), batchA: [96] }, dtype, { typeB });
  // Multiples of 4 and of whole tiles as often as ragged sizes, so that every path of every variant is met; and multiples of
  // 128, as textures want their rows, often enough.
  const textures = r.int(1, 4) === 1;
  const size = (): number =>
    textures && r.int(1, 4) > 1
      ? 128 * r.int(1, 2)
      : r.pick([r.int(1, 9), r.int(10, 80), 4 * r.int(1, 24), 32 * r.int(1, 3), 64]);
  const batch = r.pick([[], [r.int(1, 3)], [2, r.int(1, 2)]]);
  const [batchA, batchB] = r.pick([
    [batch, batch],
    [batch, []],
    [[], batch],
  ]);
  // Wide outputs now and then: variants that pass over several tiles of columns start there.
  const n = r.pick([size(), size(), r.int(97, 140), 4 * r.int(25, 35)]);
  return problemOf({ m: size(), n, k: size(), batchA, batchB }, dtype, {
    typeB,
    transposeA: r.bool(),
    transposeB: r.bool(),
    epilogue: r.bool() ? r.pick(EPILOGUES) : undefined,
  });
}

export const matmulCases: FamilyCases<MatmulProblem> = {
  family: matmulFamily,
  reference(problem, inputs) {
    const c = product(problem, inputs[0]!, inputs[1]!);
    applyEpilogueReference(problem, 2, c, inputs);
    return [c];
  },
  random: (r, dtype) => random(r, dtype),
  mixed: (r) => random(r, 'f32', 'f16'),
  fill: (problem, r) =>
    problem.inputs.map(({ shape }) => Float64Array.from({ length: sizeOf(shape) }, () => r.normal())),
  perf: [
    { name: 'matmul 1024³ f32', problem: problemOf({ m: 1024, n: 1024, k: 1024 }, 'f32') },
    { name: 'matmul 1024³ f16', problem: problemOf({ m: 1024, n: 1024, k: 1024 }, 'f16') },
    {
      name: 'matmul 1024³ f32 by f16',
      problem: problemOf({ m: 1024, n: 1024, k: 1024 }, 'f32', { typeB: 'f16' }),
    },
    { name: 'matmul 4096×320×320 f32', problem: problemOf({ m: 4096, n: 320, k: 320 }, 'f32') },
    { name: 'matmul tokens 3000×256×1024 f32', problem: problemOf({ m: 3000, n: 1024, k: 256 }, 'f32') },
    {
      name: 'matmul weight gradient 256×1024, 3000 tokens f32',
      problem: problemOf({ m: 256, n: 1024, k: 3000 }, 'f32', { transposeA: true }),
    },
    {
      name: 'matmul input gradient 3000×256×1024 f32',
      problem: problemOf({ m: 3000, n: 256, k: 1024 }, 'f32', { transposeB: true }),
    },
    { name: 'matmul one row 1×1024×1024 f32', problem: problemOf({ m: 1, n: 1024, k: 1024 }, 'f32') },
  ],
};
