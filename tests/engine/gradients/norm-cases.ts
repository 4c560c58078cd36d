import * as ops from '../../../engine/engine.js';
import { attention } from '../../../engine/ops/attention.js';
import type { CaseRandom } from '../../../kernels/cases.js';
import { anyShape, distinct } from './draw.js';
import type { GradientCase } from './gradient-check.js';

/** Widths of 3 or more: with two elements a row is always ±1, which no finite difference resolves. */
const width = (random: CaseRandom): number => random.pick([random.int(3, 9), 4 * random.int(1, 9), random.int(30, 70)]);

export const normCases: GradientCase[] = [
  {
    name: 'layerNorm',
    random: (random) => ({
      operands: [{ shape: [...anyShape(random, 1, 2), width(random)] }],
      build: ([x]) => ops.layerNorm(x!),
    }),
  },
  {
    name: 'layerNorm, affine',
    random(random) {
      const n = width(random);
      return {
        operands: [{ shape: [...anyShape(random, 1, 2), n] }, { shape: [n] }, { shape: [n] }],
        build: ([x, weight, bias]) => ops.layerNorm(x!, { weight: weight!, bias: bias! }),
      };
    },
  },
  {
    name: 'groupNorm, affine',
    random(random) {
      const groups = random.int(1, 4);
      const channels = groups * random.pick([random.int(1, 5), 4, 8]);
      return {
        operands: [
          { shape: [random.int(1, 3), random.int(3, 6), random.int(1, 4), channels] },
          { shape: [channels] },
          { shape: [channels] },
        ],
        build: ([x, weight, bias]) => ops.groupNorm(x!, groups, { weight: weight!, bias: bias! }),
      };
    },
  },
  {
    name: 'softmax',
    random: (random) => ({
      operands: [{ shape: [...anyShape(random, 1, 2), width(random)] }],
      build: ([x]) => ops.softmax(x!),
    }),
  },
  {
    name: 'logSoftmax',
    random: (random) => ({
      operands: [{ shape: [...anyShape(random, 1, 2), width(random)] }],
      build: ([x]) => ops.logSoftmax(x!),
    }),
  },
  ...[false, true].map(
    (masked): GradientCase => ({
      name: masked ? 'attention with a mask' : 'attention',
      random(random) {
        const [batch, heads, queries, keys] = [
          random.int(1, 2),
          random.int(1, 3),
          random.int(1, 20),
          random.int(1, 37),
        ] as const;
        const head = random.pick([5, 8, 16]);
        const kv = { shape: [batch, heads, keys, head] };
        const one = (n: number): number => (random.bool() ? 1 : n);
        const mask = { shape: [one(batch), one(heads), one(queries), keys] };
        return {
          operands: [{ shape: [batch, heads, queries, head] }, kv, kv, ...(masked ? [mask] : [])],
          build: ([q, k, v, m]) => attention(q!, k!, v!, m ? { mask: m } : {}),
        };
      },
    }),
  ),
];

const pair = (name: string, f: (a: ops.Tensor, b: ops.Tensor) => ops.Tensor): GradientCase => ({
  name,
  random(random) {
    const shape = anyShape(random);
    // Apart by 0.1 and more, for the kink of the absolute difference.
    return {
      operands: [
        { shape, value: (r, i) => 0.01 * distinct(r, i) + 0.5 * r.int(-3, 3) },
        { shape, value: (r) => 0.5 * r.int(-3, 3) - 0.2 + 0.05 * r.real(-1, 1) },
      ],
      build: ([a, b]) => f(a!, b!),
    };
  },
});

export const lossCases: GradientCase[] = [
  pair('mse', ops.mse),
  {
    name: 'l1',
    random(random) {
      const shape = anyShape(random);
      return {
        operands: [
          { shape, value: (r) => 0.5 * r.int(-3, 3) },
          { shape, value: (r) => 0.5 * r.int(-3, 3) + 0.25 },
        ],
        build: ([a, b]) => ops.l1(a!, b!),
      };
    },
  },
  pair('bceWithLogits', (a, b) => ops.bceWithLogits(a, ops.sigmoid(b), { positiveWeight: 2 })),
  {
    name: 'crossEntropy',
    random(random) {
      const [rows, classes] = [random.int(1, 9), random.int(2, 12)];
      return {
        operands: [{ shape: [rows, classes] }, { shape: [rows], integersBelow: classes }],
        build: ([logits, labels]) => ops.crossEntropy(logits!, labels!),
      };
    },
  },
];
