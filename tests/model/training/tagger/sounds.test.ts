import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Random } from '../../../../model/foley/index.js';
import { TAGGER_WINDOW } from '../../../../model/networks/index.js';
import { ConfigError } from '../../../../model/training/config.js';
import { drawSample } from '../../../../model/training/tagger/augmentation.js';
import { isTaggerConfig, parseTaggerConfig } from '../../../../model/training/tagger/config.js';
import { type LabelledSound, SoundsError, taggerData } from '../../../../model/training/tagger/labelled-sounds.js';
import { suite } from '../../../harness/suite.js';
import { makeSounds, taggerConfigText, tinyTaggerConfig } from './examples.js';

const test = suite('sounds that the tagger trains on');
const scratch = mkdtempSync(join(tmpdir(), 'onset-tagger-sounds-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

test('classes and splits of a folder come from its paths, those of the world from its seeds', async () => {
  const folder = join(scratch, 'sounds');
  makeSounds(folder);
  const config = tinyTaggerConfig(folder);
  const { folders, world } = await taggerData(config);
  const classes = (sounds: LabelledSound[]): string[] => sounds.map((each) => config.model.classes[each.classIndex]!);
  assert.deepEqual(classes(folders.train), ['high-tone', 'high-tone', 'low-tone', 'low-tone']);
  assert.deepEqual(classes(folders.heldOut), ['high-tone', 'low-tone']);
  assert.equal(folders.train[0]!.sound.length, 8000);
  assert.deepEqual([world.train.length, world.heldOut.length], [4, 2]);
  for (const name of classes([...world.train, ...world.heldOut])) assert.match(name, /-(struck|continuous)$/);
  assert.equal(world.train[0]!.sound.length, 2.56 * 16_000);
});

test('the digest of the sounds knows every file, not where the folder lies', async () => {
  const [here, there] = [join(scratch, 'here'), join(scratch, 'there')];
  const digest = async (folder: string): Promise<string> => (await taggerData(tinyTaggerConfig(folder))).foldersSha256;
  makeSounds(here);
  const first = await digest(here);
  renameSync(here, there);
  assert.equal(await digest(there), first);
  makeSounds(there, 2);
  assert.notEqual(await digest(there), first);
});

test('a folder that is missing, has no sounds or an unknown class is named', async () => {
  const folder = join(scratch, 'faults');
  const rejects = async (change: (config: ReturnType<typeof tinyTaggerConfig>) => void, message: RegExp) => {
    const config = tinyTaggerConfig(folder);
    change(config);
    await assert.rejects(
      taggerData(config),
      (error: Error) => error instanceof SoundsError && message.test(error.message),
    );
  };
  await rejects(() => {}, /no such folder of sounds/);
  makeSounds(folder);
  const [sounds] = tinyTaggerConfig(folder).data.folders;
  await rejects(
    ({ data }) => (data.folders = [{ ...sounds!, heldOut: '(?<class>x)/4' }]),
    /none of its 8 files matches/,
  );
  await rejects(
    ({ data }) => (data.folders = [{ ...sounds!, heldOut: sounds!.train }]),
    /both trained on and held out/,
  );
  await rejects(({ model }) => model.classes.shift(), /High tone\/1-a.wav is of class high-tone/);
});

test('a sample follows from its random numbers, with probabilities that sum to 1 and a peak in range', () => {
  const tone = (hz: number, classIndex: number): LabelledSound => ({
    sound: Int16Array.from({ length: 64_000 }, (_, i) => 9000 * Math.sin((2 * Math.PI * hz * i) / 16_000)),
    classIndex,
  });
  const sounds = [tone(200, 0), tone(900, 1), tone(3000, 2)];
  const size = { classes: 3, bands: 32 };
  let mixed = 0;
  for (let seed = 0; seed < 30; seed++) {
    const draw = (random: Random): LabelledSound => random.pick(sounds);
    const sample = drawSample(draw, new Random(seed, 'sample'), size);
    assert.deepEqual(drawSample(draw, new Random(seed, 'sample'), size), sample);
    assert.equal(sample.sound.length, TAGGER_WINDOW);
    assert.ok(Math.abs(sample.target.reduce((a, b) => a + b) - 1) < 1e-6);
    if (sample.target.filter((share) => share > 0).length > 1) mixed++;
    const peak = sample.sound.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0);
    assert.ok(peak <= 1.000001 && peak >= 0.031, `${peak}`);
    assert.ok(sample.equalizer.length === 32 && sample.equalizer.every(Number.isFinite));
  }
  assert.ok(mixed >= 3 && mixed <= 20, `${mixed} of 30 are mixed of two classes`);
});

test('samples avoid the silence that a sound is padded with', () => {
  // One second of sound, then seven of silence.
  const sound = Int16Array.from({ length: 128_000 }, (_, i) => (i < 16_000 ? 9000 * Math.sin(i) : 0));
  let silent = 0;
  for (let seed = 0; seed < 40; seed++) {
    const sample = drawSample(() => ({ sound, classIndex: 0 }), new Random(seed, 'padded'), { classes: 1, bands: 32 });
    if (sample.sound.every((value) => value === 0)) silent++;
  }
  assert.ok(silent <= 20, `${silent} of 40 samples are silent; without further tries it would be about 30`);
});

test('a config of the tagger is told from others, and refused with every fault by its path', () => {
  const text = taggerConfigText('sounds');
  assert.ok(isTaggerConfig(text));
  assert.ok(!isTaggerConfig('{"name": "onset"}') && !isTaggerConfig('null') && !isTaggerConfig('{'));
  assert.equal(
    parseTaggerConfig(text, join('somewhere', 'a.json')).data.folders[0]!.folder,
    resolve('somewhere/sounds'),
  );
  const config = JSON.parse(text);
  config.data.folders[0].train = '[';
  config.data.folders[0].heldOut = 'x';
  config.model.bands = 20;
  config.model.classes.push('low-tone');
  assert.throws(
    () => parseTaggerConfig(JSON.stringify(config), 'a.json'),
    (error: Error) => {
      assert.ok(error instanceof ConfigError);
      for (const path of ['data.folders.0.train', 'data.folders.0.heldOut', 'model.bands', 'model.classes']) {
        assert.ok(error.message.includes(`  ${path}`), `${path} in ${error.message}`);
      }
      return true;
    },
  );
});

test.run();
