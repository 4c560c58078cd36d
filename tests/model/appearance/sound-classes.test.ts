/** From images to sounds: the table, and the choice. */

import assert from 'node:assert/strict';
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

test.run();
