/** `classifyScenes` on real clips, with a classifier that knows two colours in place of the network. */

import assert from 'node:assert/strict';
import { type ClassifiedClip, type Classifier, classifyScenes } from '../../../model/appearance/classify-scenes.js';
import { imageNetClasses } from '../../../model/appearance/sound-classes.js';
import { type ClipOptions, openClip } from '../../../model/media/clip.js';
import { EFFICIENTNET_LITE0 } from '../../../model/networks/efficientnet-lite.js';
import { inWords } from '../../../tools/look.js';
import { suite } from '../../harness/suite.js';
import { clip, scratch } from '../media/clips.js';

const test = suite('appearance: scenes');

/** Finds `inRed` in red images and `inOthers` in others, each with probability 0.9. */
function colors(inRed = 'drum', inOthers = 'beagle'): Classifier & { calls: number } {
  const config = { ...EFFICIENTNET_LITE0, size: 32 };
  const names = imageNetClasses();
  return {
    config,
    calls: 0,
    async classify(image) {
      this.calls++;
      assert.equal(image.length, config.size ** 2 * 3);
      assert.ok(image.every((v) => v >= -127 / 128 && v <= 1));
      const red = image[0]! > image[2]!;
      // Softmax shares the rest among the other classes.
      const logits = new Float32Array(config.classes).fill(Math.log(0.1 / (config.classes - 1)));
      logits[names.indexOf(red ? inRed : inOthers)] = Math.log(0.9);
      return { features: new Float32Array(config.head), logits };
    },
  };
}

async function scenesOf(classifier: Classifier, path: string, options: ClipOptions = {}): Promise<ClassifiedClip> {
  return classifyScenes(classifier, await openClip(path, options), options);
}

/** Red for 2 s, then blue for 3 s. */
const twoScenes = (): Promise<string> =>
  clip(
    'two-scenes.mp4',
    ...['-f', 'lavfi', '-i', 'color=red:s=64x48:r=25:d=2', '-f', 'lavfi', '-i', 'color=blue:s=64x48:r=25:d=3'],
    ...['-filter_complex', 'concat', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
  );

test('a clip with a cut has two scenes, each with its own sound, and the whole has that of the longer one', async () => {
  const classifier = colors();
  const classified = await scenesOf(classifier, await twoScenes());
  assert.ok(Math.abs(classified.seconds - 5) < 0.05);
  assert.deepEqual(
    classified.scenes.map(({ start, end, frames, sound }) => [start, Math.round(end), frames, sound.name]),
    [
      [0, 2, 4, 'drum'],
      [2, 5, 6, 'dog'],
    ],
  );
  assert.equal(classifier.calls, 10);
  assert.equal(classified.sound.name, 'dog');
  const [first] = classified.scenes;
  assert.equal(first!.classes[0]!.name, 'drum');
  assert.ok(Math.abs(first!.classes[0]!.probability - 0.9) < 1e-3);
  assert.equal(first!.classes.length, 5);
  assert.equal(first!.sounds.length, 3);
});

test('a part of a clip is looked at alone, its scenes counted from its begin', async () => {
  const classified = await scenesOf(colors(), await twoScenes(), { start: 3, duration: 1 });
  assert.equal(classified.scenes.length, 1);
  assert.deepEqual(
    [classified.scenes[0]!.start, classified.scenes[0]!.end, classified.scenes[0]!.sound.name],
    [0, 1, 'dog'],
  );
});

test('where nothing is seen that sounds, no sound is chosen', async () => {
  const classified = await scenesOf(colors('trilobite', 'trilobite'), await twoScenes());
  assert.deepEqual(
    classified.scenes.map(({ sound }) => sound.name),
    ['none', 'none'],
  );
});

test('frames go on being read while a picture is judged, and none is changed meanwhile', async () => {
  const classifier = colors();
  const { classify } = classifier;
  let atOnce = 0;
  classifier.classify = async (image, signal) => {
    assert.equal(++atOnce, 1, 'one picture at a time');
    const before = image.slice();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(image, before);
    atOnce--;
    return classify.call(classifier, image, signal);
  };
  const classified = await scenesOf(classifier, await twoScenes());
  assert.deepEqual(
    classified.scenes.map(({ frames, sound }) => [frames, sound.name]),
    [
      [4, 'drum'],
      [6, 'dog'],
    ],
  );
});

test('an error of the network ends the look', async () => {
  const classifier = colors();
  classifier.classify = () => Promise.reject(new Error('no more memory'));
  await assert.rejects(scenesOf(classifier, await twoScenes()), /no more memory/);
});

test('the command says a scene a line: seconds, sound and what is seen', async () => {
  const lines = inWords(await scenesOf(colors(), await twoScenes())).split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, /^0\.00–2\.00 s {2}drum 0\.\d\d {2}\(drum 0\.90, /);
  assert.match(lines[1]!, /^2\.00–5\.00 s {2}dog 0\.\d\d {2}\(beagle 0\.90, /);
});

test('a missing clip is named, and an abort stops the look', async () => {
  await assert.rejects(scenesOf(colors(), scratch('nowhere.mp4')), { name: 'FileError' });
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(scenesOf(colors(), await twoScenes(), { signal }), /enough/);
});

test.run();
