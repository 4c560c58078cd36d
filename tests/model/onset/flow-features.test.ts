import assert from 'node:assert/strict';
import { cellFeatures, type FlowClip, flowAt, tokenFeatures } from '../../../model/onset/flow-features.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: flow features');

/** `pairs` frames of flow in which each cell has the value that `cell` gives. */
function clip(pairs: number, cell: (pair: number, cell: number, channel: number) => number): FlowClip {
  const grid = Float32Array.from({ length: pairs * 320 }, (_, i) =>
    cell(Math.floor(i / 320), Math.floor(i / 5) % 64, i % 5),
  );
  return { grid, midTimes: Float64Array.from({ length: pairs }, (_, i) => 0.02 + i * 0.04) };
}

test('between two pairs the flow is interpolated in time', () => {
  const flow = flowAt(
    clip(3, (pair) => pair),
    0.02,
    0.02,
    2,
  );
  assert.ok(Math.abs(flow[0]! - 0.25) < 1e-6);
  assert.ok(Math.abs(flow[320]! - 0.75) < 1e-6);
});

test('before the first and long after the last pair nothing moves', () => {
  const flow = flowAt(
    clip(2, () => 1),
    -1,
    0.5,
    6,
  );
  assert.equal(flow[0], 0);
  assert.equal(flow.at(-1), 0);
});

test('a clip of one frame has no flow and gives stillness', () => {
  const flow = flowAt({ grid: new Float32Array(0), midTimes: new Float64Array(0) }, 0, 0.02, 4);
  assert.ok(flow.every((v) => v === 0));
});

test('a moving camera is taken off the velocity and told apart', () => {
  const features = cellFeatures(clip(1, (_, __, channel) => (channel === 0 ? 0.5 : 0)).grid);
  for (let cell = 0; cell < 64; cell++) {
    assert.equal(features[cell * 8], 0);
    assert.ok(Math.abs(features[cell * 8 + 6]! - Math.asinh(4)) < 1e-6);
  }
});

test('one moving cell stands out from a still camera', () => {
  const features = cellFeatures(clip(1, (_, cell, channel) => (cell === 9 && channel === 1 ? 1 : 0)).grid);
  assert.ok(Math.abs(features[9 * 8 + 1]! - Math.asinh(8)) < 1e-6);
  assert.equal(features[10 * 8 + 1], 0);
});

test('two 50 Hz frames of a cell stand side by side in its token', () => {
  const features = Float32Array.from({ length: 2 * 64 * 8 }, (_, i) => i);
  const tokens = tokenFeatures(features);
  assert.deepEqual([...tokens.slice(16, 32)], [...features.slice(8, 16), ...features.slice(512 + 8, 512 + 16)]);
});

test.run();
