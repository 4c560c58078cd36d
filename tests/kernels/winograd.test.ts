/** Winograd in rounds: what a large picture needs, made to happen on a small one. */

import assert from 'node:assert/strict';
import { type ConvAttributes, convOutputShape } from '../../kernels/conv/geometry.js';
import { convolve } from '../../kernels/conv/reference.js';
import { lowerWinograd } from '../../kernels/conv/winograd.js';
import { byteLength, type TensorType } from '../../kernels/kernel.js';
import { noise } from '../harness/random.js';
import { suite } from '../harness/suite.js';
import { sharedBench } from './bench-device.js';
import { runLowering } from './run-lowering.js';

const test = suite('kernels: winograd');

const f32 = (shape: readonly number[]): TensorType => ({ shape, dtype: 'f32' });

test('rounds over a small scratch, the last one short, give the whole convolution', async () => {
  const { device, profile, cache } = await sharedBench();
  const attrs: ConvAttributes = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };
  const x = f32([2, 18, 13, 8]);
  const w = f32([12, 3, 3, 8]);
  const y = f32(convOutputShape(x.shape, w.shape, attrs));
  const convolution = { ...attrs, x, w, y };
  const roundBytes = 36 * 4 * 12 * 7;
  const lowering = lowerWinograd(profile, { inputs: [x, w], outputs: [y] }, convolution, false, roundBytes);
  // 2 pictures of 5 × 4 tiles, 7 at a time.
  assert.equal(lowering.calls.filter((call) => call.template === 'conv/winograd-output').length, 6);
  const [v, , q] = lowering.scratch!;
  for (const type of [v!, q!]) assert.ok(byteLength(type) <= roundBytes);

  const data = [noise(2 * 18 * 13 * 8, 1), noise(12 * 9 * 8, 2)] as const;
  const operands = [x, w].map((type, k) => ({ type, data: data[k]! }));
  const [bytes] = await runLowering(device, cache, lowering, operands, [y]);
  const found = new Float32Array(bytes!);
  const expected = convolve(convolution, Float64Array.from(data[0]), Float64Array.from(data[1]));
  let error = 0;
  for (const [i, value] of expected.entries()) error = Math.max(error, Math.abs(found[i]! - value));
  assert.ok(error < 1e-4, `off by ${error}`);
});

test.run();
