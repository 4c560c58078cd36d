import type { CaseRandom, FamilyCases } from '../cases.js';
import type { Problem } from '../kernel.js';
import { type RandomKind, randomNumbers } from './philox.js';
import { type RandomProblem, randomFamily } from './random.js';

const randomProblem = (
  kind: RandomKind,
  count: number,
  dtype: 'f32' | 'f16',
  stream = 0,
  first = 0,
  rowBlocks = 0,
): RandomProblem => ({
  kind,
  stream,
  first,
  rowBlocks,
  domain: 0,
  inputs: [
    { shape: [2], dtype: 'u32' },
    { shape: [1], dtype: 'u32' },
    { shape: [1], dtype: 'u32' },
  ],
  outputs: [{ shape: [count], dtype: kind === 'bits' ? 'u32' : dtype }],
});

const word = (random: CaseRandom): number => random.int(0, 0xffffffff);

const randomCases: FamilyCases<RandomProblem> = {
  family: randomFamily,
  reference: ({ kind, stream, first, rowBlocks, outputs: [y] }, [seed, step, row]) => [
    randomNumbers(kind, y!.shape[0]!, {
      seed: [seed![0]!, seed![1]!],
      step: step![0]!,
      stream,
      first: first + row![0]! * rowBlocks,
    }),
  ],
  random: (random, dtype) =>
    randomProblem(
      random.pick(['bits', 'uniform', 'normal'] as const),
      random.int(1, 300),
      dtype,
      random.int(0, 100),
      random.int(0, 1000),
      random.int(0, 200),
    ),
  fill: (_, random) => [
    Float64Array.of(word(random), word(random)),
    Float64Array.of(word(random)),
    Float64Array.of(random.int(0, 10_000)),
  ],
  perf: [{ name: 'normal 4 M', problem: randomProblem('normal', 1 << 22, 'f32') }],
};

export const cases: readonly FamilyCases<Problem>[] = [randomCases];
