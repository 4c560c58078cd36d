import assert from 'node:assert/strict';
import { FlowExtractor } from '../../../model/onset/flow-extractor.js';
import { type FlowClip, flowAt } from '../../../model/onset/flow-features.js';
import { sharedEngine } from '../../harness/engine.js';
import { uniformSource } from '../../harness/random.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: optical flow');

/** A smooth texture of twelve waves, moved by (dx, dy) pixels. */
function picture(dx: number, dy: number, seed: number): Uint8Array {
  const uniform = uniformSource(seed);
  const waves = Array.from(
    { length: 12 },
    () => [uniform() * 1.2 - 0.6, uniform() * 1.2 - 0.6, uniform() * 6.28] as const,
  );
  return Uint8Array.from({ length: 64 * 64 }, (_, i) => {
    const [x, y] = [(i % 64) - dx, Math.floor(i / 64) - dy];
    return 128 + 20 * waves.reduce((sum, [a, b, c]) => sum + Math.sin(a * x + b * y + c), 0);
  });
}

test('a moved texture is followed to within .4 pixel up to 4 pixels, below one pixel too', async () => {
  const extractor = new FlowExtractor(await sharedEngine(), 64, 64);
  for (const [i, [dx, dy]] of (
    [
      [0.5, 0.2],
      [1.5, -1],
      [-3, 2],
      [4, -4],
    ] as const
  ).entries()) {
    // Several frames: of two that differ much there is no telling from a cut.
    for (let k = 0; k < 6; k++) await extractor.push(picture(k * dx, k * dy, i + 5), k / 25);
    const { grid } = await extractor.finish();
    const errors = Array.from({ length: 64 }, (_, cell) =>
      Math.hypot((grid[cell * 5]! * 64) / 25 - dx, (grid[cell * 5 + 1]! * 64) / 25 - dy),
    );
    const median = errors.sort((a, b) => a - b)[32]!;
    assert.ok(median < 0.4, `(${dx}, ${dy}): median error ${median} pixels`);
  }
  extractor.dispose();
});

test('velocity is by the frames’ own times', async () => {
  const extractor = new FlowExtractor(await sharedEngine(), 64, 64);
  const speeds = [];
  for (const seconds of [0.02, 0.04]) {
    await extractor.push(picture(0, 0, 3), 0);
    await extractor.push(picture(1, 0, 3), seconds);
    const { grid, midTimes } = await extractor.finish();
    assert.equal(midTimes[0], seconds / 2);
    speeds.push(grid[27 * 5]!);
  }
  assert.ok(Math.abs(speeds[0]! / speeds[1]! - 2) < 1e-4);
  extractor.dispose();
});

test('a repeated frame is passed over, and the next distinct one is measured from the first', async () => {
  const extractor = new FlowExtractor(await sharedEngine(), 64, 64);
  await extractor.push(picture(0, 0, 3), 0);
  await extractor.push(picture(0, 0, 3), 0.04);
  await extractor.push(picture(1, 0, 3), 0.08);
  const { midTimes } = await extractor.finish();
  assert.deepEqual([...midTimes], [0.04]);
  extractor.dispose();
});

/** Whether each pair's flow, or stillness, is anything but zeros. */
const moves = ({ grid, midTimes }: FlowClip): boolean[] =>
  Array.from(midTimes, (_, i) => grid.subarray(i * 320, (i + 1) * 320).some((v) => v !== 0));
const rounded = ({ midTimes }: FlowClip): number[] => Array.from(midTimes, (time) => Number(time.toFixed(3)));

test('what is shown for longer than frames of footage stands still, and moves at the end of that', async () => {
  const extractor = new FlowExtractor(await sharedEngine(), 64, 64);
  await extractor.push(picture(0, 0, 3), 0);
  await extractor.push(picture(1, 0, 3), 0.04);
  for (let i = 2; i < 50; i++) await extractor.push(picture(1, 0, 3), i * 0.04);
  await extractor.push(picture(2, 0, 3), 2);
  const repeated = await extractor.finish();
  assert.deepEqual(rounded(repeated), [0.02, 0.04, 1.96, 1.98]);
  assert.deepEqual(moves(repeated), [true, false, false, true]);
  const at = flowAt(repeated, 0, 0.02, 100);
  const moving = Array.from({ length: 100 }, (_, i) => at.subarray(i * 320, (i + 1) * 320).some((v) => v !== 0));
  assert.deepEqual(
    [...moving.keys()].filter((i) => moving[i]),
    [0, 1, 98, 99],
  );
  await extractor.push(picture(0, 0, 3), 0);
  await extractor.push(picture(1, 0, 3), 2);
  const once = await extractor.finish();
  assert.deepEqual(rounded(once), [0, 1.74, 1.87], 'a clip whose frames are not repeated');
  assert.deepEqual(moves(once), [false, false, true]);
  extractor.dispose();
});

test('a slideshow has no motion, at 25 frames a second and at its own rate', async () => {
  const extractor = new FlowExtractor(await sharedEngine(), 64, 64);
  for (const rate of [25, 1 / 3]) {
    for (let i = 0; i < 9 * rate; i++) await extractor.push(picture(0, 0, 3 + Math.floor(i / (3 * rate))), i / rate);
    const { midTimes, grid } = await extractor.finish();
    assert.equal(midTimes.length, 6);
    assert.ok(grid.every((v) => v === 0));
  }
  extractor.dispose();
});

test('frames shown up to six times at 24 a second are footage of a lower rate', async () => {
  const extractor = new FlowExtractor(await sharedEngine(), 64, 64);
  for (const times of [1, 2, 3, 6]) {
    const own = 24 / times;
    for (let i = 0; i < 24; i++) await extractor.push(picture(Math.floor(i / times) * 0.7, 0, 3), i / 24);
    const shownAgain = await extractor.finish();
    for (let i = 0; i < own; i++) await extractor.push(picture(i * 0.7, 0, 3), (i * times) / 24);
    assert.deepEqual(shownAgain, await extractor.finish(), `${own} frames a second`);
    assert.equal(shownAgain.midTimes.length, own - 1);
  }
  extractor.dispose();
});

test('across a cut nothing moves, and either side is as it is alone', async () => {
  const extractor = new FlowExtractor(await sharedEngine(), 64, 64);
  const frames = Array.from({ length: 40 }, (_, i) => picture(i * 0.5, 0, i < 20 ? 3 : 4));
  const flowOf = async (from: number, to: number): Promise<FlowClip> => {
    for (let i = from; i < to; i++) await extractor.push(frames[i]!, i / 25);
    return extractor.finish();
  };
  const both = await flowOf(0, 40);
  const expected = [await flowOf(0, 20), { grid: new Float32Array(320) }, await flowOf(20, 40)];
  assert.deepEqual(both.grid, Float32Array.from(expected.flatMap(({ grid }) => [...grid])));
  assert.deepEqual(moves(both), Array(39).fill(true).fill(false, 19, 20));
  assert.ok(moves(await flowOf(0, 20)).every(Boolean), 'the cut is forgotten with its clip');
  extractor.dispose();
});

test.run();
