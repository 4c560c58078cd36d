import assert from 'node:assert/strict';
import { FlowExtractor } from '../../../model/onset/flow-extractor.js';
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
    await extractor.push(picture(0, 0, i + 5), 0);
    await extractor.push(picture(dx, dy, i + 5), 1);
    const { grid } = await extractor.finish();
    const errors = Array.from({ length: 64 }, (_, cell) =>
      Math.hypot(grid[cell * 5]! * 64 - dx, grid[cell * 5 + 1]! * 64 - dy),
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

test.run();
