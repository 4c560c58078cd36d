import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Random } from '../../../../model/foley/random.js';
import { buildModel } from '../../../../model/onset/model.js';
import { codecStage } from '../../../../model/training/codec-stage.js';
import { ClipMixture } from '../../../../model/training/data/clip-mixture.js';
import type { FootageClip } from '../../../../model/training/data/footage-clips.js';
import { selectFootage } from '../../../../model/training/data/footage-selection.js';
import { SoundMixture } from '../../../../model/training/data/sound-mixture.js';
import type { TrainingClip } from '../../../../model/training/data/training-clip.js';
import { encoderStage } from '../../../../model/training/encoder-stage.js';
import { generatorStage } from '../../../../model/training/generator-stage.js';
import { stochasticCodecStage } from '../../../../model/training/stochastic-codec-stage.js';
import { suite } from '../../../harness/suite.js';
import { soundingClip, tinyConfig } from '../examples.js';

const test = suite('mixture of world and footage');
const config = tinyConfig();
const channels = config.model.codec.latentChannels;

const clipOf = (real: boolean, seconds: number, seed: number): TrainingClip =>
  soundingClip(seconds, seed, {
    classIndex: real ? null : 2,
    events: [0.5],
    latents: new Float32Array(Math.floor(seconds * 25) * channels).fill(real ? 1 : -1),
  });
const world = [0, 1, 2].map((i) => clipOf(false, 2, i));
const randomOf = (step: number): Random => new Random(config.seed, `test ${step}`);
const footage = [3, 4].map((i) => clipOf(true, 1.7 + i, i));

/** Which samples of a step are real. */
function drawn(mixture: ClipMixture, step: number, batch: number): boolean[] {
  const draw = mixture.drawer(step, batch);
  const random = new Random(7, `step ${step}`);
  return Array.from({ length: batch }, () => footage.includes(draw(random)));
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
    for (const [i, real] of drawn(mixture, step, 4).entries()) counts[i]! += Number(real);
  for (const count of counts) assert.ok(count > 60 && count < 140, `${counts}; 100 each are expected`);
  const drawnClips = new Set<TrainingClip>();
  for (let step = 0; step < 40; step++) {
    const draw = mixture.drawer(step, 4);
    const random = new Random(1, `${step}`);
    for (let b = 0; b < 4; b++) drawnClips.add(draw(random));
  }
  assert.deepEqual(new Set(mixture.all), drawnClips);
});

test('a step’s samples follow from the step and its random numbers alone, in every stage', () => {
  const model = buildModel(config.model);
  const mixture = new ClipMixture(world, footage, 0.5);
  const sounds = new SoundMixture([
    { clips: world, share: 0.5 },
    { clips: footage, share: 0.5 },
  ]);
  const stages = [
    () => codecStage(model, config, sounds),
    () => stochasticCodecStage(model, config, sounds),
    () => encoderStage(model, config, mixture),
    () => generatorStage(model, config, mixture),
  ];
  for (const stage of stages) {
    const [one, other] = [stage(), stage()];
    for (let step = 0; step < 3; step++) other.batch(step, randomOf(step));
    assert.deepEqual(other.batch(3, randomOf(3)), one.batch(3, randomOf(3)));
    assert.notDeepEqual(one.batch(4, randomOf(4)), one.batch(3, randomOf(3)));
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
    ).batch(step, randomOf(step));
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
    const labelled = encoderStage(model, config, mixture).batch(step, randomOf(step))['class-one-hot'] as Float32Array;
    assert.equal(labelled.filter((x) => x === 1).length, batch / 2);
  }
  assert.equal(kept, (20 * batch) / 2);
});

test('every clip is for the codec, only those with a visible source for encoder and generator; short ones are left out and counted', () => {
  const crop = { codec: 0.64, generator: 1.28 };
  const clip = (seconds: number, sourceVisible: boolean): FootageClip => ({
    ...soundingClip(seconds, 1),
    sourceVisible,
  });
  const [hit, miss, shortHit, tooShort] = [clip(3, true), clip(3, false), clip(1, true), clip(0.5, false)];
  const selected = selectFootage([hit, miss, shortHit, tooShort], crop);
  assert.deepEqual(selected.codec, [hit, miss, shortHit]);
  assert.deepEqual(selected.generator, [hit]);
  assert.match(selected.summary, /codec uses 3 of 4 \(1 shorter than a crop of 0.64 s\) clips/);
  assert.match(selected.summary, /generator use 1 of 2 \(1 shorter than a crop of 1.28 s\) with hit 1/);
  assert.doesNotMatch(selectFootage([hit], crop).summary, /shorter/);
  assert.throws(() => selectFootage([tooShort], crop), /none of its 1 training clips lasts 0.64 s/);
  assert.throws(() => selectFootage([miss], crop), /0 of its 1 training clips have hit 1 .*; add such clips/);
  assert.throws(
    () => selectFootage([miss, shortHit], crop),
    /1 of its 2 training clips have hit 1 .* none of those lasts 1.28 s/,
  );
});

test.run();
