import type { FamilyCases } from '../cases.js';
import { sizeOf, type TensorType } from '../kernel.js';
import { type ElementwiseProblem, elementwiseFamily } from './elementwise.js';
import { type Expression, interpret } from './expression.js';

const arg = (n: number): Expression => ({ arg: n });
const EXPRESSIONS: readonly Expression[] = [
  { fn: 'add', of: [arg(0), arg(1)] },
  { fn: 'mul', of: [arg(0), { fn: 'silu', of: [arg(1)] }] },
  {
    fn: 'sub',
    of: [
      { fn: 'gelu', of: [arg(0)] },
      { fn: 'gelu_slope', of: [arg(1)] },
    ],
  },
  {
    fn: 'add',
    of: [
      { fn: 'tanh', of: [arg(0)] },
      { fn: 'silu_slope', of: [arg(1)] },
    ],
  },
  { fn: 'select', of: [arg(0), arg(1), { fn: 'greater', of: [arg(0), { value: 0.25 }] }] },
  {
    fn: 'max',
    of: [
      { fn: 'exp', of: [arg(0)] },
      { fn: 'softplus', of: [arg(1)] },
    ],
  },
  { fn: 'leaky_relu', of: [{ fn: 'add', of: [arg(0), arg(1)] }, { value: 0.1 }] },
  { fn: 'sin', of: [{ fn: 'mul', of: [arg(0), arg(1)] }] },
];

export const cases: FamilyCases<ElementwiseProblem> = {
  family: elementwiseFamily,
  reference(problem, inputs) {
    const out = problem.outputs[0]!;
    const result = new Float64Array(sizeOf(out.shape));
    const readers = problem.inputs.map((t, k) => reader(t, out.shape, inputs[k]!));
    for (let i = 0; i < result.length; i++) {
      result[i] = interpret(
        problem.expression,
        readers.map((read) => read(i)),
      );
    }
    return [result];
  },
  random(random, dtype) {
    const shape = Array.from({ length: random.int(1, 4) }, () => random.int(1, 9));
    if (random.bool()) shape[shape.length - 1] = 4 * random.int(1, 6);
    const broadcast = (): TensorType => {
      const kept = shape
        .map((n) => (random.int(0, 3) === 0 ? 1 : n))
        .slice(random.int(0, 3) === 0 ? random.int(0, shape.length - 1) : 0);
      return { shape: kept, dtype };
    };
    const inputs = random.bool() ? [{ shape, dtype }, broadcast()] : [broadcast(), { shape, dtype }];
    return { inputs, outputs: [{ shape, dtype }], expression: random.pick(EXPRESSIONS) };
  },
  perf: [
    {
      name: 'silu 4M',
      problem: {
        inputs: [{ shape: [1 << 22], dtype: 'f32' }],
        outputs: [{ shape: [1 << 22], dtype: 'f32' }],
        expression: { fn: 'silu', of: [arg(0)] },
      },
    },
    {
      name: 'bias add 4096×1024',
      problem: {
        inputs: [
          { shape: [4096, 1024], dtype: 'f32' },
          { shape: [1024], dtype: 'f32' },
        ],
        outputs: [{ shape: [4096, 1024], dtype: 'f32' }],
        expression: EXPRESSIONS[0]!,
      },
    },
  ],
};

/** Reads operand elements by the flat index of the output they are broadcast to. */
function reader(type: TensorType, outShape: readonly number[], data: Float64Array): (i: number) => number {
  const missing = outShape.length - type.shape.length;
  return (i) => {
    let rest = i;
    let index = 0;
    let step = 1;
    for (let d = outShape.length - 1; d >= 0; d--) {
      const c = rest % outShape[d]!;
      rest = Math.floor(rest / outShape[d]!);
      const n = d < missing ? 1 : type.shape[d - missing]!;
      if (n > 1) index += c * step;
      step *= n;
    }
    return data[index]!;
  };
}
