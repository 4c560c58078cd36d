import assert from 'node:assert/strict';
import { openClip } from '../../../model/media/clip.js';
import { clipFrames, type FrameRule, frameIndices, prepareFrame } from '../../../model/vta-ldm/clip-frames.js';
import { suite } from '../../harness/suite.js';
import { picture } from '../media/clips.js';

const test = suite('model: frames for CLIP');

const first = (count: number, rate: number, rule: FrameRule): number[] => {
  const indices: number[] = [];
  for (const index of frameIndices(rate, rule)) {
    if (indices.push(index) === count) return indices;
  }
  return indices;
};

test('two frames a second; the release cuts 29.97 to 29 and so walks ahead of the clock', () => {
  assert.deepEqual(first(5, 25, 'released'), [0, 12, 25, 37, 50]);
  assert.deepEqual(first(5, 25, 'exact'), [0, 12, 25, 37, 50]);
  assert.deepEqual(first(6, 29.97, 'released'), [0, 14, 29, 43, 58, 72]);
  assert.deepEqual(first(6, 29.97, 'exact'), [0, 14, 29, 44, 59, 74]);
});

test('an image is scaled by its short side and cropped in the middle', () => {
  // Columns of brightness 0, 1, 2 …: the crop's middle column is the image's.
  const [width, height] = [32, 8];
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.floor(i / 3) % width);
  const out = prepareFrame(pixels, width, height, 8);
  assert.equal(out.length, 8 * 8 * 3);
  const row = Array.from({ length: 8 }, (_, x) => Math.round(out[x * 3]! * 255));
  assert.deepEqual(row, [12, 13, 14, 15, 16, 17, 18, 19]);
});

test('a clip gives its chosen frames in their order, those that exist', async () => {
  const path = await picture('clip-frames.mp4', '64x48', '30000/1001', 2.5);
  const { frames, indices } = await clipFrames(await openClip(path));
  assert.deepEqual(indices, [0, 14, 29, 43, 58, 72]);
  assert.equal(frames.length, 6 * 224 * 224 * 3);
  const part = await clipFrames(await openClip(path, { start: 1, duration: 0.6 }));
  assert.deepEqual(part.indices, [0, 14]);
});

test.run();
