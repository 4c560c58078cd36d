import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Random } from '../../../../model/foley/random.js';
import { buildModel } from '../../../../model/onset/model.js';
import { codecStage } from '../../../../model/training/codec-stage.js';
import { ClipMixture } from '../../../../model/training/data/clip-mixture.js';
import { footageUses } from '../../../../model/training/data/footage-uses.js';
import type { TrainingClip } from '../../../../model/training/data/training-data.js';
import { encoderStage } from '../../../../model/training/encoder-stage.js';
import { generatorStage } from '../../../../model/training/generator-stage.js';
import { suite } from '../../../harness/suite.js';
import { soundingClip, tinyConfig } from '../examples.js';

const test = suite('mixture of world and footage');
const config = tinyConfig();
const channels = config.model.codec.latentChannels;

const clipOf = (real: boolean, seconds: number, seed: number): TrainingClip =>
  soundingClip(seconds, seed, {
    real,
    classIndex: real ? null : 2,
    events: [0.5],
    latents: new Float32Array(Math.floor(seconds * 25) * channels).fill(real ? 1 : -1),
  });
const world = [0, 1, 2].map((i) => clipOf(false, 2, i));
const footage = [3, 4].map((i) => clipOf(true, 1.7 + i, i));

/** Which samples of a step are real. */
function drawn(mixture: ClipMixture, step: number, batch: number): boolean[] {
  const draw = mixture.drawer(step, batch);
  const random = new Random(7, `step ${step}`);
  return Array.from({ length: batch }, () => draw(random).real);
}
const realOf = (samples: boolean[]): number => samples.filter(Boolean).length;

test('the share holds over all samples, to less than one in every batch', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 }), fc.double({ min: 0, max: 1, noNaN: true }), (batch, share) => {
      const mixture = new ClipMixture(world, footage, share);
      let real = 0;
      for (let step = 0; step < 12; step++) {
        const inStep = realOf(drawn(mixture, step, batch));
        assert.ok(Math.abs(inStep - batch * share) < 1 + 1e-6, `${inStep} of ${batch} at share ${share}`);
        real += inStep;
      }
      assert.equal(real, Math.floor(12 * batch * share + 1e-9));
    }),
  );
});

test('share 1 draws footage alone, share 0 the world alone, one half exactly half of an even batch', () => {
  for (let step = 0; step < 30; step++) {
    assert.equal(realOf(drawn(new ClipMixture([], footage, 1), step, 6)), 6);
    assert.equal(realOf(drawn(new ClipMixture(world), step, 6)), 0);
    assert.equal(realOf(drawn(new ClipMixture(world, footage, 0.5), step, 6)), 3);
  }
});

test('real samples stand anywhere in a batch, and every clip is drawn', () => {
  const mixture = new ClipMixture(world, footage, 0.25);
  const counts = [0, 0, 0, 0];
  for (let step = 0; step < 400; step++)
    for (const [i, real] of drawn(mixture, step, 4).entries()) counts[i] += Number(real);
  for (const count of counts) assert.ok(count > 60 && count < 140, `${counts}; 100 each are expected`);
  const seen = new Set<TrainingClip>();
  for (let step = 0; step < 40; step++) {
    const draw = mixture.drawer(step, 4);
    const random = new Random(1, `${step}`);
    for (let b = 0; b < 4; b++) seen.add(draw(random));
  }
  assert.deepEqual(new Set(mixture.all), seen);
});

test('a step’s samples follow from seed and step alone, in every stage', () => {
  const model = buildModel(config.model);
  const mixture = new ClipMixture(world, footage, 0.5);
  for (const stage of [codecStage, encoderStage, generatorStage]) {
    const [one, other] = [stage(model, config, mixture), stage(model, config, mixture)];
    for (let step = 0; step < 3; step++) other.batch(step);
    assert.deepEqual(other.batch(3), one.batch(3));
    assert.notDeepEqual(one.batch(4), one.batch(3));
  }
});

test('each stage takes the share: real clips have no class, and their own sound and latents', () => {
  const model = buildModel(config.model);
  const classes = config.model.classes.length;
  const mixture = new ClipMixture(world, footage, 0.5);
  const { batch, tokens } = config.generator;
  let kept = 0;
  for (let step = 0; step < 20; step++) {
    const inputs = generatorStage(
      model,
      { ...config, generator: { ...config.generator, dropCondition: 0 } },
      mixture,
    ).batch(step);
    const oneHot = inputs['class-one-hot'] as Float32Array;
    const index = inputs['class-index'] as Uint32Array;
    const latents = inputs.latents as Float32Array;
    assert.equal(latents.length, batch * tokens * channels);
    for (let b = 0; b < batch; b++) {
      const real = latents[b * tokens * channels] === 1;
      kept += Number(real);
      assert.ok(
        latents.subarray(b * tokens * channels, (b + 1) * tokens * channels).every((x) => x === (real ? 1 : -1)),
      );
      const expected = Array.from({ length: classes }, (_, c) => Number(!real && c === 2));
      assert.deepEqual([...oneHot.subarray(b * classes, (b + 1) * classes)], expected);
      assert.equal(index[b], real ? classes : 2, 'the null class stands for an unknown one');
    }
    const seen = encoderStage(model, config, mixture).batch(step)['class-one-hot'] as Float32Array;
    assert.equal(seen.filter((x) => x === 1).length, batch / 2);
  }
  assert.equal(kept, (20 * batch) / 2);
  const silent = new ClipMixture(
    world.map((clip) => ({ ...clip, sound: new Int16Array(clip.sound.length) })),
    footage,
    0.5,
  );
  for (let step = 0; step < 20; step++) {
    const sound = codecStage(model, config, silent).batch(step).sound as Float32Array;
    const { crop } = config.codec;
    const sounding = Array.from({ length: config.codec.batch }, (_, b) =>
      sound.subarray(b * crop, (b + 1) * crop).some((x) => x !== 0),
    );
    assert.equal(realOf(sounding), config.codec.batch / 2);
  }
});

test('the codec hears every clip, encoder and generator only what is seen to sound; short ones are left out and counted', () => {
  // Crops of the tiny config: .64 s for the codec, 1.28 s for the others.
  const facts = (seconds: number, causeSeen: boolean): TrainingClip =>
    soundingClip(seconds, 1, { real: true, causeSeen });
  const [hit, miss, shortHit, tooShort] = [facts(3, true), facts(3, false), facts(1, true), facts(0.5, false)];
  const uses = footageUses(config, [hit, miss, shortHit, tooShort]);
  assert.deepEqual(uses.heard, [hit, miss, shortHit]);
  assert.deepEqual(uses.watched, [hit]);
  assert.match(uses.summary, /codec hears 3 of 4 \(1 shorter than a crop of 0.64 s\) clips/);
  assert.match(uses.summary, /watch 1 of 2 \(1 shorter than a crop of 1.28 s\) with hit 1/);
  assert.doesNotMatch(footageUses(config, [hit]).summary, /shorter/);
  assert.throws(() => footageUses(config, [tooShort]), /none of its 1 training clips lasts 0.64 s/);
  assert.throws(() => footageUses(config, [miss]), /0 of its 1 training clips have hit 1 .*; add such clips/);
  assert.throws(
    () => footageUses(config, [miss, shortHit]),
    /1 of its 2 training clips have hit 1 .* none of those lasts 1.28 s/,
  );
});

test.run();
