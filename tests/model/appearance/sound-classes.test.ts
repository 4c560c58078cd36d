/** From images to sounds: the table, the choice, and scenes. */

import assert from 'node:assert/strict';
import { SceneSampler } from '../../../model/appearance/scenes.js';
import {
  chooseSound,
  imageNetClasses,
  nearestClass,
  parseSoundClasses,
  rankSounds,
  soundClasses,
} from '../../../model/appearance/sound-classes.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: sound classes');

const seen = (shares: Record<string, number>): Float32Array => {
  const names = imageNetClasses();
  const probabilities = new Float32Array(names.length);
  for (const [name, p] of Object.entries(shares)) {
    assert.ok(names.includes(name), name);
    probabilities[names.indexOf(name)] = p;
  }
  return probabilities;
};
const heard = (shares: Record<string, number>): string => chooseSound(rankSounds(soundClasses(), seen(shares))).name;

test('what is in the picture gives the sound that anyone expects', () => {
  assert.equal(new Set(imageNetClasses()).size, 1000);
  assert.equal(heard({ beagle: 0.3, 'Siberian husky': 0.3, drum: 0.2 }), 'dog');
  assert.equal(heard({ drum: 0.4, drumstick: 0.2 }), 'drum');
  assert.equal(heard({ marimba: 0.6 }), 'mallets');
  assert.equal(heard({ 'acoustic guitar': 0.6 }), 'guitar');
  assert.equal(heard({ revolver: 0.5, 'assault rifle': 0.2 }), 'gun');
  assert.equal(heard({ cleaver: 0.3, 'head cabbage': 0.4 }), 'chop');
  assert.equal(heard({ seashore: 0.7 }), 'sea');
  assert.equal(heard({ trilobite: 0.9 }), 'none');
});

test('the table has about 40 classes, each with images that make it, and weights that add up to at most 1', () => {
  const classes = soundClasses();
  assert.ok(classes.length >= 38 && classes.length <= 50);
  const empty = classes.filter(({ weights }) => weights.size === 0).map(({ name }) => name);
  assert.deepEqual(empty, ['none']);
  for (const { weights } of classes) for (const i of weights.keys()) assert.ok(i < 1000);
  assert.throws(
    () => parseSoundClasses('{"a":{"nearest":[],"images":{"1-3":0.6}},"b":{"nearest":[],"images":{"2":0.5}}}'),
    {
      name: 'SoundTableError',
      message: /ImageNet class 2 add up to 1\.1/,
    },
  );
  assert.throws(() => parseSoundClasses('{"a":{"nearest":[],"images":{"x":0.5}}}'), { name: 'ZodError' });
});

test('a generator is given the nearest class that it has, or none', () => {
  const classes = soundClasses();
  const shipped = ['wood', 'metal', 'glass', 'drum', 'plastic', 'stone', 'water'];
  assert.equal(nearestClass(classes, 'drum', shipped), 'drum');
  assert.equal(nearestClass(classes, 'hammer', shipped), 'metal');
  assert.equal(nearestClass(classes, 'hammer', ['wood']), 'wood');
  assert.equal(nearestClass(classes, 'dog', ['dog', 'wood']), 'dog');
  assert.equal(nearestClass(classes, 'voice', shipped), undefined);
  assert.equal(nearestClass(classes, 'none', shipped), undefined);
});

/** A picture of one colour with a bright bar at column `x`. */
function frame(size: number, colour: number, x: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 3).fill(colour);
  for (let y = 0; y < size; y++) pixels.fill(255, (y * size + (x % size)) * 3, (y * size + (x % size)) * 3 + 3);
  return pixels;
}

test('a cut begins a scene and is looked at; between cuts it is two frames a second', () => {
  const sampler = new SceneSampler(32);
  const chosen: number[] = [];
  const begins: number[] = [];
  for (let i = 0; i < 75; i++) {
    const sampled = sampler.push(frame(32, i < 33 ? 20 : 200, i), i / 25);
    if (sampled.chosen) chosen.push(i);
    if (sampled.begins) begins.push(i);
    assert.equal(sampled.scene, i < 33 ? 0 : 1);
  }
  assert.deepEqual(begins, [0, 33]);
  assert.deepEqual(chosen, [0, 13, 25, 33, 38, 50, 63]);
});

test('motion is no cut', () => {
  const sampler = new SceneSampler(32);
  for (let i = 0; i < 50; i++) {
    // The whole picture changes by an eighth a frame: far above the least change, but as it did before.
    const wave = Math.abs(((i * 32) % 510) - 255);
    const { begins } = sampler.push(frame(32, wave, i), i / 25);
    assert.equal(begins, i === 0, `a cut at frame ${i}`);
  }
  assert.throws(() => new SceneSampler(30), { name: 'FrameSizeError' });
});

test.run();
