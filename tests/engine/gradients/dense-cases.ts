import * as ops from '../../../engine/engine.js';
import type { CaseRandom } from '../../../kernels/cases.js';
import type { GradientCase } from './gradient-check.js';

/** Ragged, or a multiple of 4 or of a whole tile, so that tuned kernels are met. */
const size = (random: CaseRandom): number =>
  random.pick([random.int(1, 9), random.int(10, 40), 4 * random.int(1, 8), 32]);
const few = (random: CaseRandom): number => random.pick([random.int(1, 5), 4, 8]);

export const denseCases: GradientCase[] = [
  {
    name: 'matmul',
    random(random) {
      const [m, n, k] = [size(random), size(random), size(random)];
      const batch = random.pick([[], [random.int(1, 3)], [2, 2]]);
      const [transposeA, transposeB] = [random.bool(), random.bool()];
      const [batchA, batchB] = random.pick([
        [batch, batch],
        [batch, []],
        [[], batch],
      ]);
      return {
        operands: [
          { shape: [...batchA, ...(transposeA ? [k, m] : [m, k])] },
          { shape: [...batchB, ...(transposeB ? [n, k] : [k, n])] },
        ],
        build: ([a, b]) => ops.matmul(a!, b!, { transposeA, transposeB }),
      };
    },
  },
  {
    name: 'linear with activation',
    random(random) {
      const [width, out] = [size(random), size(random)];
      return {
        operands: [{ shape: [random.int(1, 3), random.int(1, 9), width] }, { shape: [width, out] }, { shape: [out] }],
        build: ([x, w, b]) => ops.silu(ops.scale(ops.linear(x!, w!, b!), 0.3)),
      };
    },
  },
  ...(['dense', 'depthwise', 'grouped'] as const).map(
    (kind): GradientCase => ({
      name: `conv2d, ${kind}`,
      random(random) {
        const groups = kind === 'dense' ? 1 : kind === 'grouped' ? 2 : few(random);
        const inside = kind === 'depthwise' ? 1 : few(random);
        const outside = kind === 'depthwise' ? groups : groups * few(random);
        // The depthwise kernels are compiled for their kernel, stride and dilation: few of each keep first dispatches few.
        const own = kind === 'depthwise';
        const step = random.int(1, 2);
        const [kh, kw] = (
          own
            ? random.pick([
                [3, 3],
                [1, 7],
              ])
            : [random.int(1, 3), random.int(1, 4)]
        ) as [number, number];
        const options = {
          stride: [own ? step : random.int(1, 2), own ? step : random.int(1, 3)],
          dilation: [own ? 1 : random.int(1, 2), own ? 1 : random.int(1, 2)],
          padding: [random.int(0, 2), random.int(0, 1), random.int(0, 2), random.int(0, 2)],
          groups,
        } as const;
        const shape = [random.int(1, 2), random.int(5, 8), random.int(7, 11), inside * groups];
        return {
          operands: [{ shape }, { shape: [outside, kh, kw, inside] }],
          build: ([x, w]) => ops.conv2d(x!, w!, options),
        };
      },
    }),
  ),
  {
    name: 'conv1d',
    random(random) {
      const [inside, outside, k] = [few(random), few(random), random.int(1, 7)];
      const options = {
        stride: random.int(1, 4),
        dilation: random.int(1, 3),
        padding: [random.int(0, 3), random.int(0, 3)],
      } as const;
      return {
        operands: [{ shape: [random.int(1, 3), random.int(20, 30), inside] }, { shape: [outside, k, inside] }],
        build: ([x, w]) => ops.conv1d(x!, w!, options),
      };
    },
  },
  {
    name: 'convTranspose1d',
    random(random) {
      const [inside, outside, k] = [few(random), few(random), random.int(1, 6)];
      const padding = [random.int(0, Math.floor((k - 1) / 2)), random.int(0, Math.floor((k - 1) / 2))] as const;
      const stride = random.int(1, 4);
      return {
        operands: [{ shape: [random.int(1, 3), random.int(2, 9), inside] }, { shape: [inside, k, outside] }],
        build: ([x, w]) => ops.convTranspose1d(x!, w!, { stride, padding }),
      };
    },
  },
];
