import * as ops from '../../../engine/engine.js';
import type { CaseRandom } from '../../../kernels/cases.js';
import { anyShape, broadcastable, distinct } from './draw.js';
import type { GradientCase } from './gradient-check.js';

function someAxes(random: CaseRandom, rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, d) => d).filter(() => random.bool());
  return axes.length > 0 ? axes : [random.int(0, rank - 1)];
}

const folding = (name: string, fold: typeof ops.sum): GradientCase => ({
  name,
  random(random) {
    const shape = anyShape(random);
    const axes = random.int(0, 3) === 0 ? undefined : someAxes(random, shape.length);
    const keepDims = random.bool();
    const value = name === 'max' ? distinct : undefined;
    return { operands: [{ shape, value }], build: ([x]) => fold(x!, axes, { keepDims }) };
  },
});

export const shapeCases: GradientCase[] = [
  folding('sum', ops.sum),
  folding('mean', ops.mean),
  folding('max', ops.max),
  folding('sumSquares', ops.sumSquares),
  {
    name: 'sumTo',
    random(random) {
      const shape = anyShape(random);
      const to = broadcastable(random, shape);
      return { operands: [{ shape }], build: ([x]) => ops.sumTo(x!, to) };
    },
  },
  {
    name: 'reshape',
    random(random) {
      const shape = anyShape(random);
      const flat = shape.reduce((a, b) => a * b, 1);
      return { operands: [{ shape }], build: ([x]) => ops.reshape(ops.square(x!), [flat, 1]) };
    },
  },
  {
    name: 'permute',
    random(random) {
      const shape = anyShape(random, 2, 4);
      const order = shape.map((_, d) => d);
      for (let i = order.length - 1; i > 0; i--) {
        const j = random.int(0, i);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return { operands: [{ shape }], build: ([x]) => ops.permute(x!, order) };
    },
  },
  {
    name: 'transpose',
    random: (random) => ({ operands: [{ shape: anyShape(random, 2, 3) }], build: ([x]) => ops.transpose(x!) }),
  },
  {
    name: 'slice',
    random(random) {
      const shape = anyShape(random);
      const ranges = Object.fromEntries(
        someAxes(random, shape.length).map((d) => {
          const start = random.int(0, shape[d]! - 1);
          return [d, [start, random.int(start + 1, shape[d]!)] as const];
        }),
      );
      return { operands: [{ shape }], build: ([x]) => ops.slice(x!, ranges) };
    },
  },
  {
    name: 'broadcastTo',
    random(random) {
      const shape = anyShape(random);
      return {
        operands: [{ shape: shape.map((n) => (random.bool() ? 1 : n)) }],
        build: ([x]) => ops.broadcastTo(x!, shape),
      };
    },
  },
  {
    name: 'broadcastTo',
    random(random) {
      const shape = anyShape(random);
      return { operands: [{ shape: broadcastable(random, shape) }], build: ([x]) => ops.broadcastTo(x!, shape) };
    },
  },
  {
    name: 'pad with zeros',
    random(random) {
      const shape = anyShape(random);
      const borders = shape.map(() => [random.int(0, 2), random.int(0, 3)]);
      return { operands: [{ shape }], build: ([x]) => ops.pad(x!, borders) };
    },
  },
  ...(['reflect', 'edge'] as const).map(
    (mode): GradientCase => ({
      name: `pad with ${mode}`,
      random(random) {
        const shape = anyShape(random);
        const axis = random.int(0, shape.length - 1);
        shape[axis]! += 3;
        const borders = shape.map((_, d) => (d === axis ? [random.int(0, 3), random.int(1, 3)] : [0, 0]));
        return { operands: [{ shape }], build: ([x]) => ops.pad(x!, borders, mode) };
      },
    }),
  ),
  {
    name: 'concat',
    random(random) {
      const shape = anyShape(random);
      const axis = random.int(0, shape.length - 1);
      const count = random.int(2, 4);
      const operands = Array.from({ length: count }, () => ({
        shape: shape.map((n, d) => (d === axis ? random.int(1, 5) : n)),
      }));
      return { operands, build: (tensors) => ops.concat(tensors, axis) };
    },
  },
  {
    name: 'split',
    random(random) {
      const sizes = Array.from({ length: random.int(2, 4) }, () => random.int(1, 5));
      const shape = anyShape(random);
      const axis = random.int(0, shape.length - 1);
      shape[axis] = sizes.reduce((a, b) => a + b, 0);
      // The last two come back, in the other order; others have no gradient.
      return {
        operands: [{ shape }],
        build: ([x]) => ops.concat(ops.split(x!, axis, sizes).slice(-2).reverse(), axis),
      };
    },
  },
  {
    name: 'gather',
    random(random) {
      const rows = random.int(1, 7);
      return {
        operands: [{ shape: [rows, random.int(1, 9)] }, { shape: anyShape(random, 1, 2), integersBelow: rows }],
        build: ([table, index]) => ops.gather(table!, index!),
      };
    },
  },
  {
    name: 'rope',
    random(random) {
      const shape = [random.int(1, 2), random.int(1, 3), random.int(1, 7), 2 * random.int(1, 6)];
      return { operands: [{ shape }], build: ([x]) => ops.rope(x!, { offset: 3 }) };
    },
  },
];
