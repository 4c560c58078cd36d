/** Winograd in rounds: what a large picture needs, made to happen on a small one. */

import assert from 'node:assert/strict';
import { runLowering } from '../../engine/execute.js';
import { type ConvAttributes, type Convolution, convOutputShape } from '../../kernels/conv/geometry.js';
import { convolve } from '../../kernels/conv/reference.js';
import { lowerWinograd } from '../../kernels/conv/winograd.js';
import { lowerWinograd1d } from '../../kernels/conv/winograd-1d.js';
import { byteLength, type Lowering, sizeOf, type TensorType } from '../../kernels/kernel.js';
import { noise } from '../harness/engine.js';
import { suite } from '../harness/suite.js';
import { sharedBench } from './bench-device.js';

const test = suite('kernels: winograd');

const f32 = (shape: readonly number[]): TensorType => ({ shape, dtype: 'f32' });

test('rounds over a small scratch, the last one short, give the whole convolution', async () => {
  const { profile } = await sharedBench();
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

  await givesTheConvolution(lowering, convolution);
});

test('along one axis too, with a filter of several pieces and a dilation', async () => {
  const { profile } = await sharedBench();
  const attrs: ConvAttributes = { stride: [1, 1], padding: [0, 0, 6, 5], dilation: [1, 2], groups: 1 };
  const x = f32([2, 1, 37, 8]);
  const w = f32([12, 1, 7, 8]);
  const y = f32(convOutputShape(x.shape, w.shape, attrs));
  const convolution = { ...attrs, x, w, y };
  const roundBytes = 6 * 4 * 3 * 8 * 7;
  const lowering = lowerWinograd1d(profile, { inputs: [x, w], outputs: [y] }, convolution, roundBytes);
  // 2 items of 2 phases of 5 tiles, 7 at a time.
  assert.equal(lowering.calls.filter((call) => call.template === 'conv/winograd-1d-output').length, 3);
  const [v, , q] = lowering.scratch!;
  for (const type of [v!, q!]) assert.ok(byteLength(type) <= roundBytes);
  await givesTheConvolution(lowering, convolution);
});

async function givesTheConvolution(lowering: Lowering, convolution: Convolution): Promise<void> {
  const { device, cache } = await sharedBench();
  const { x, w, y } = convolution;
  const operands = [x, w].map((type, k) => ({ type, data: noise(sizeOf(type.shape), k + 1) }));
  const { outputs } = await runLowering(device, cache, lowering, operands, [y]);
  const found = new Float32Array(outputs[0]!);
  const [pixels, weights] = operands.map(({ data }) => Float64Array.from(data)) as [Float64Array, Float64Array];
  let error = 0;
  for (const [i, value] of convolve(convolution, pixels, weights).entries()) {
    error = Math.max(error, Math.abs(found[i]! - value));
  }
  assert.ok(error < 1e-4, `off by ${error}`);
}

test.run();
