import type { CaseRandom, FamilyCases } from '../cases.js';
import type { DType, Problem, TensorType } from '../kernel.js';
import { adamwEmaFamily, adamwFamily, emaFamily, sumOfSquaresFamily } from './optimizer.js';

const vector = (n: number, dtype: DType = 'f32'): TensorType => ({ shape: [n], dtype });
const randomSize = (random: CaseRandom): number => (random.bool() ? 4 * random.int(1, 100) : random.int(1, 400));
const normals = (random: CaseRandom, n: number): Float64Array =>
  Float64Array.from({ length: n }, () => random.normal());

const adamwProblem = (n: number, ema: boolean, gradType: DType): Problem => ({
  inputs: [vector(n), vector(n, gradType), vector(n), vector(n), vector(9), vector(1), ...(ema ? [vector(n)] : [])],
  outputs: [],
});

/** param, m, v and, where there is one, the average after the step. */
function adamwReference(inputs: readonly Float64Array[]): Float64Array[] {
  const [param, grad, m, v, hyper, clip, ema] = inputs as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array?,
  ];
  const [lr, beta1, beta2, eps, decay, correction1, correction2, emaDecay, gradScale] = hyper as unknown as number[];
  const newM = m.map((x, i) => beta1! * x + (1 - beta1!) * grad[i]! * gradScale! * clip[0]!);
  const newV = v.map((x, i) => beta2! * x + (1 - beta2!) * (grad[i]! * gradScale! * clip[0]!) ** 2);
  const newParam = param.map(
    (p, i) => p - lr! * (newM[i]! / correction1! / (Math.sqrt(newV[i]! / correction2!) + eps!) + decay! * p),
  );
  const newEma = ema?.map((x, i) => emaDecay! * x + (1 - emaDecay!) * newParam[i]!);
  return [newParam, newM, newV, ...(newEma ? [newEma] : [])];
}

const adamwCases = (ema: boolean): FamilyCases<Problem> => ({
  family: ema ? adamwEmaFamily : adamwFamily,
  reference: (_, inputs) => adamwReference(inputs),
  random: (random, dtype) => adamwProblem(randomSize(random), ema, dtype),
  fill({ inputs }, random) {
    const n = inputs[0]!.shape[0]!;
    const t = random.int(1, 50);
    const hyper = [
      random.real(1e-4, 1e-2),
      0.9,
      0.99,
      1e-8,
      0.01,
      1 - 0.9 ** t,
      1 - 0.99 ** t,
      0.99,
      random.real(0.1, 2),
    ];
    return [
      normals(random, n),
      normals(random, n),
      normals(random, n),
      normals(random, n).map((x) => x * x),
      Float64Array.from(hyper),
      Float64Array.of(random.real(0.1, 1)),
      ...(ema ? [normals(random, n)] : []),
    ];
  },
  mutates: ema ? [0, 2, 3, 6] : [0, 2, 3],
  perf: [{ name: '1 M', problem: adamwProblem(1 << 20, ema, 'f32') }],
});

const emaCases: FamilyCases<Problem> = {
  family: emaFamily,
  reference: (_, [average, x, decay]) => [average!.map((a, i) => decay![0]! * a + (1 - decay![0]!) * x![i]!)],
  random(random) {
    const n = randomSize(random);
    return { inputs: [vector(n), vector(n), vector(1)], outputs: [] };
  },
  fill: ({ inputs: [average] }, random) => [
    normals(random, average!.shape[0]!),
    normals(random, average!.shape[0]!),
    Float64Array.of(random.real(0.5, 1)),
  ],
  mutates: [0],
  perf: [{ name: '1 M', problem: { inputs: [vector(1 << 20), vector(1 << 20), vector(1)], outputs: [] } }],
};

const sumOfSquaresCases: FamilyCases<Problem> = {
  family: sumOfSquaresFamily,
  reference: (_, inputs) => [
    Float64Array.of(inputs.reduce((sum, x) => sum + x.reduce((own, value) => own + value * value, 0), 0)),
  ],
  random: (random, dtype) => ({
    inputs: Array.from({ length: random.int(1, 6) }, () => vector(randomSize(random) * random.pick([1, 1, 20]), dtype)),
    outputs: [vector(1)],
  }),
  perf: [
    {
      name: '64 × 64 K',
      problem: { inputs: Array.from({ length: 64 }, () => vector(1 << 16)), outputs: [vector(1)] },
    },
  ],
};

export const cases: readonly FamilyCases<Problem>[] = [
  adamwCases(false),
  adamwCases(true),
  emaCases,
  sumOfSquaresCases,
];
