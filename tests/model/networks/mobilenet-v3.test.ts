import assert from 'node:assert/strict';
import { Graph } from '../../../engine/engine.js';
import { mobileNetV3, mobileNetV3Config, mobileNetV3Width, Parameters } from '../../../model/networks/index.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: MobileNetV3');

test('the width multiplies the channels of the paper, in eights', () => {
  const full = mobileNetV3Config(1, 527);
  assert.deepEqual([full.stem, full.head, full.hidden], [16, 960, 1280]);
  assert.deepEqual(
    full.blocks.map(({ channels }) => channels),
    [16, 24, 24, 40, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160],
  );
  const narrow = mobileNetV3Config(0.4, 527);
  assert.deepEqual([narrow.stem, narrow.head, narrow.hidden], [8, 384, 512]);
  assert.deepEqual(
    narrow.blocks.map(({ expanded }) => expanded),
    [8, 24, 32, 32, 48, 48, 96, 80, 72, 72, 192, 272, 272, 384, 384],
  );
  for (const width of [0.1, 0.2, 0.4, 0.5, 1, 2, 3, 4]) {
    assert.equal(mobileNetV3Width(mobileNetV3Config(width, 527).hidden), width);
  }
});

test('a spectrogram of ten seconds has 384 features and 527 classes', () => {
  const graph = new Graph();
  const input = graph.input('spectrograms', [2, 128, 1000, 1]);
  const { features, logits } = mobileNetV3(new Parameters(graph), mobileNetV3Config(0.4, 527), input);
  assert.deepEqual(
    [features.shape, logits.shape],
    [
      [2, 384],
      [2, 527],
    ],
  );
});

test.run();
