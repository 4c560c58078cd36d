/** Where scenes begin, and which frames are classified. */

import assert from 'node:assert/strict';
import { type Sampled, type SceneImages, SceneSampler } from '../../../model/appearance/scenes.js';
import { suite } from '../../harness/suite.js';

const test = suite('appearance: sampled frames');

/** A frame of one grey with a bright bar at column `x`. */
function frame(level: number, x = 0): SceneImages {
  const gray = new Uint8Array(32 * 32).fill(level);
  for (let y = 0; y < 32; y++) gray[y * 32 + (x % 32)] = 255;
  return { appearance: new Uint8Array(3), gray };
}

/** All that is sampled of `count` frames, 25 a second. */
function sample(count: number, picture: (i: number) => SceneImages): Sampled[] {
  const sampler = new SceneSampler(32);
  const sampled: Sampled[] = [];
  for (let i = 0; i < count; i++) sampled.push(...sampler.push(picture(i), i / 25));
  return [...sampled, ...sampler.finish(count / 25)];
}

const framesWhere = (sampled: readonly Sampled[], wanted: (one: Sampled) => boolean): number[] =>
  sampled.filter(wanted).map(({ time }) => Math.round(time * 25));
const begins = (sampled: readonly Sampled[]): number[] => framesWhere(sampled, (one) => one.begins);

test('a cut begins a scene and is looked at; between cuts it is two frames a second', () => {
  const pictures = Array.from({ length: 75 }, (_, i) => frame(i < 33 ? 20 : 200, i));
  const sampled = sample(75, (i) => pictures[i]!);
  assert.deepEqual(begins(sampled), [0, 33]);
  assert.deepEqual(
    framesWhere(sampled, () => true),
    [0, 13, 25, 33, 38, 50, 63],
  );
  for (const { scene, time, appearance } of sampled) {
    assert.equal(scene, time < 1.3 ? 0 : 1);
    assert.equal(appearance, pictures[Math.round(time * 25)]!.appearance, 'the frame itself');
  }
});

test('motion is no cut', () => {
  // The whole picture changes by an eighth a frame: far above the least change, but as it did before.
  const sampled = sample(50, (i) => frame(Math.abs(((i * 32) % 510) - 255), i));
  assert.deepEqual(begins(sampled), [0]);
});

test('of cuts within 0.4 s the strongest counts, and none that would leave a shorter scene at begin or end', () => {
  const colours = (i: number) => (i < 5 ? 250 : i < 30 ? 20 : i < 36 ? 70 : i < 70 ? 200 : 60);
  const sampled = sample(75, (i) => frame(colours(i)));
  assert.deepEqual(begins(sampled), [0, 36]);
  assert.deepEqual(
    framesWhere(sampled, ({ scene }) => scene === 1),
    [36, 38, 50, 63],
  );
});

test('a flash begins no scene, and few frames are held', () => {
  const sampler = new SceneSampler(32);
  let given = 0;
  for (let i = 0; i < 100; i++) {
    given += sampler.push(frame(i % 25 === 20 ? 255 : 60), i / 25).length;
    assert.ok(given >= Math.floor((i - 22) / 12.5), `${given} frames are given back by frame ${i}`);
  }
  assert.equal(given + sampler.finish(4).length, 8);
});

test('frames of other sizes are refused', () => {
  assert.throws(() => new SceneSampler(30), { name: 'FrameSizeError' });
});

test.run();
