import assert from 'node:assert/strict';
import { efficientAtMel } from '../../../../model/evaluation/taggers/front-ends/efficientat-mel.js';
import { htkMelBank } from '../../../../model/evaluation/taggers/front-ends/mel-bank.js';
import { PannsMel } from '../../../../model/evaluation/taggers/front-ends/panns-mel.js';
import { vggishExamples } from '../../../../model/evaluation/taggers/front-ends/vggish-mel.js';
import { nmse } from '../../../harness/goldens.js';
import { suite } from '../../../harness/suite.js';
import { golden, goldenSound } from './goldens.js';

const test = suite('taggers: front ends');

const CNN14_MEL = { sampleRate: 32_000, size: 1024, hop: 320, bands: 64, low: 50, high: 14_000 };

test('EfficientAT’s log-mel spectrogram is that of its published code', async () => {
  const { values, frames } = efficientAtMel(await goldenSound());
  assert.equal(frames, 100);
  assert.ok(nmse(values, await golden('mn01.spectrogram')) < 1e-9);
});

test('VGGish’s examples are those of its PyTorch port', async () => {
  // The sound is taken as one of two seconds at 16 kHz.
  const examples = vggishExamples(await goldenSound());
  assert.equal(examples.length, 2);
  const values = Float32Array.from(examples.flatMap((example) => [...example]));
  assert.ok(nmse(values, await golden('vggish.spectrogram')) < 1e-12);
});

test('the decibels of PANNs are those of torchlibrosa', async () => {
  const { values, frames } = new PannsMel(CNN14_MEL).of(await goldenSound());
  assert.equal(frames, 101);
  assert.ok(nmse(values, await golden('cnn14.spectrogram')) < 1e-9);
});

test('silence is the logarithm’s floor in every band', () => {
  const silence = new Float32Array(16_000);
  const close = (values: Float32Array, expected: number): boolean => values.every((v) => Math.abs(v - expected) < 1e-6);
  assert.ok(close(efficientAtMel(silence).values, (Math.log(1e-5) + 4.5) / 5));
  assert.ok(vggishExamples(silence).every((example) => close(example, Math.log(0.01))));
  assert.ok(close(new PannsMel(CNN14_MEL).of(silence).values, -100));
});

test('a sine is loudest in the band around its frequency', () => {
  const hz = 2000;
  const sine = Float32Array.from({ length: 32_000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / 32_000));
  const { values, frames } = efficientAtMel(sine);
  const middle = Array.from({ length: 128 }, (_, band) => values[band * frames + 50]!);
  const loudest = middle.indexOf(Math.max(...middle));
  const mel = (f: number): number => 1127 * Math.log(1 + f / 700);
  assert.ok(Math.abs(((loudest + 1) * mel(15_000)) / 129 - mel(hz)) <= mel(15_000) / 129);
});

test('neighbouring triangles add up to 1 between their centers', () => {
  const bank = htkMelBank({ sampleRate: 16_000, size: 4096, bands: 20, low: 125, high: 7500 });
  const sums = new Float64Array(2049);
  for (const { first, weights } of bank) for (const [i, weight] of weights.entries()) sums[first + i]! += weight;
  const centers = [bank[0]!, bank.at(-1)!].map(({ first, weights }) => first + weights.indexOf(Math.max(...weights)));
  for (let k = centers[0]! + 1; k < centers[1]!; k++) assert.ok(Math.abs(sums[k]! - 1) < 1e-9);
});

test.run();
