/** Philox4x32-10 against Random123's known answers, on the CPU and on the device. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openDevice } from '../../engine/device.js';
import { PipelineCache } from '../../engine/pipelines.js';
import { openGpu } from '../../engine/platform/gpu.js';
import { lower } from '../../kernels/kernel.js';
import { philox4x32, type RandomKind, randomNumbers, type Words4 } from '../../kernels/random/philox.js';
import { type RandomProblem, randomFamily } from '../../kernels/random/random.js';
import { suite } from '../harness/suite.js';
import { runLowering } from './run-lowering.js';

const test = suite('philox');

/** Counter, key and result of Random123's `kat_vectors` for philox4x32-10. */
const KNOWN: readonly { counter: Words4; key: readonly [number, number]; words: Words4 }[] = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

// The adapter's instance is held as long as the device is used.
const gpu = await openGpu();
const { device, profile } = await openDevice({ gpu });
const cache = new PipelineCache(device);
test.after(() => device.destroy());

async function draw(
  kind: RandomKind,
  count: number,
  {
    seed,
    step,
    row = 0,
    rowBlocks = 0,
    ...attributes
  }: { seed: readonly number[]; step: number; row?: number; rowBlocks?: number } & Pick<
    RandomProblem,
    'stream' | 'first' | 'domain'
  >,
): Promise<Uint32Array | Float32Array> {
  const problem: RandomProblem = {
    kind,
    rowBlocks,
    ...attributes,
    inputs: [
      { shape: [2], dtype: 'u32' },
      { shape: [1], dtype: 'u32' },
      { shape: [1], dtype: 'u32' },
    ],
    outputs: [{ shape: [count], dtype: kind === 'bits' ? 'u32' : 'f32' }],
  };
  const operands = [Uint32Array.from(seed), Uint32Array.of(step), Uint32Array.of(row)].map((data, k) => ({
    type: problem.inputs[k]!,
    data,
  }));
  const [bytes] = await runLowering(device, cache, lower(randomFamily, profile, problem), operands, problem.outputs);
  return kind === 'bits' ? new Uint32Array(bytes!) : new Float32Array(bytes!);
}

for (const { counter, key, words } of KNOWN) {
  const name = counter[0].toString(16);
  test(`the CPU reference gives the known answer for counter ${name}…`, () => {
    assert.deepEqual(philox4x32(counter, key), words);
  });
  test(`the kernel gives the known answer for counter ${name}…`, async () => {
    const [first, step, stream, domain] = counter;
    assert.deepEqual([...(await draw('bits', 4, { seed: key, step, first, stream, domain }))], words);
  });
}

test('uniform numbers are bit for bit those of the reference', async () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  await fc.assert(
    fc.asyncProperty(
      word,
      word,
      word,
      word,
      fc.integer({ min: 1, max: 700 }),
      async (low, high, step, stream, count) => {
        const drawn = await draw('uniform', count, { seed: [low, high], step, stream, first: 0, domain: 0 });
        const expected = randomNumbers('uniform', count, { seed: [low, high], step, stream });
        assert.deepEqual([...drawn], [...expected]);
      },
    ),
    { numRuns: 20 },
  );
});

test('normal numbers have the moments of a standard normal and are all finite', async () => {
  const n = 200_000;
  const drawn = await draw('normal', n, { seed: [1, 2], step: 3, stream: 4, first: 0, domain: 0 });
  const moment = (power: number): number => Array.from(drawn).reduce((sum, x) => sum + x ** power, 0) / n;
  assert.ok(Array.from(drawn).every(Number.isFinite));
  // Bounds of five standard errors: √(1/n), √(2/n), √(15/n), √(96/n).
  assert.ok(Math.abs(moment(1)) < 5 * Math.sqrt(1 / n), `mean ${moment(1)}`);
  assert.ok(Math.abs(moment(2) - 1) < 5 * Math.sqrt(2 / n), `variance ${moment(2)}`);
  assert.ok(Math.abs(moment(3)) < 5 * Math.sqrt(15 / n), `skewness ${moment(3)}`);
  assert.ok(Math.abs(moment(4) - 3) < 5 * Math.sqrt(96 / n), `kurtosis ${moment(4)}`);
});

test('rows that begin at any row have the numbers of the whole sequence', async () => {
  const origin = { seed: [1, 2], step: 3, stream: 4, first: 0, domain: 0, rowBlocks: 3 };
  const whole = await draw('normal', 20 * 12, origin);
  for (const row of [1, 7, 19]) {
    assert.deepEqual(await draw('normal', 12, { ...origin, row }), whole.slice(row * 12, (row + 1) * 12));
  }
});

test('seed, step and stream each give other numbers', async () => {
  const origin = { seed: [1, 2], step: 3, stream: 4, first: 0, domain: 0 };
  const base = (await draw('bits', 64, origin)).join();
  for (const change of [{ seed: [2, 2] }, { seed: [1, 3] }, { step: 4 }, { stream: 5 }]) {
    assert.notEqual((await draw('bits', 64, { ...origin, ...change })).join(), base);
  }
});

test.run();
