import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Random } from '../../../../model/foley/index.js';
import { cellFeatures, flowAt, tokenFeatures } from '../../../../model/onset/index.js';
import { type AugmentationConfig, DEFAULT_AUGMENTATION } from '../../../../model/training/data/augmentation.js';
import {
  concatTracks,
  drawCrop,
  joinNeighbors,
  onsetTarget,
  stackCrops,
} from '../../../../model/training/data/crops.js';
import { runningSquares, type TrainingClip, toInt16 } from '../../../../model/training/data/training-clip.js';
import { suite } from '../../../harness/suite.js';
import { soundingClip } from '../examples.js';

const test = suite('training crops');

test('the onset target is a Gaussian at each time, the higher where two meet', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -0.1, max: 2.1, noNaN: true }), { maxLength: 6 }), (times) => {
      const target = onsetTarget(times, 200);
      for (const [i, value] of target.entries()) {
        const expected = Math.max(0, ...times.map((time) => Math.exp(-0.5 * (((i + 0.5) / 100 - time) / 0.015) ** 2)));
        assert.ok(Math.abs(value - expected) < 2e-3, `sample ${i}: ${value}, expected ${expected}`);
      }
    }),
  );
});

/** Silence, then full scale from 1 s on. */
function step(): TrainingClip {
  const sound = toInt16(new Float32Array(64_000).fill(1, 16_000));
  return { ...soundingClip(4, 1), sound, squares: runningSquares(sound), events: [1] };
}

test('energy follows the log of loudness, onsets the events, both at the place of the crop', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { onset, energy } = drawCrop(step(), new Random(seed, 'test'), {
      tokens: 50,
      augmentation: DEFAULT_AUGMENTATION,
    });
    assert.deepEqual([onset.length, energy.length], [200, 200]);
    const [silence, full] = [Math.log(1e-3) / 3.5 + 1.2, Math.log(1.001) / 3.5 + 1.2];
    const rise = energy.findIndex((value) => value > (silence + full) / 2);
    if (rise <= 8 || rise > 190) continue;
    assert.ok(Math.abs(energy[rise - 2]! - silence) < 1e-4 && Math.abs(energy[rise + 2]! - full) < 1e-4);
    const peak = onset.indexOf(Math.max(...onset));
    assert.ok(Math.abs(peak - rise) <= 1, `onset at ${peak}, energy rises at ${rise}`);
  }
});

test('crops with latents begin on a token, and their tracks are side by side', () => {
  const clip = step();
  clip.latents = Float32Array.from({ length: 100 * 3 }, (_, i) => Math.floor(i / 3));
  const crops = [1, 2].map((seed) =>
    drawCrop(clip, new Random(seed, 'test'), { tokens: 20, augmentation: DEFAULT_AUGMENTATION, latentChannels: 3 }),
  );
  for (const { latents, energy } of crops) {
    const first = latents[0]!;
    assert.deepEqual([...latents], [...clip.latents.subarray(first * 3, (first + 20) * 3)]);
    const loud = energy.findIndex((value) => value > 1);
    if (loud > 0) assert.ok(Math.abs(loud / 100 + first / 25 - 1) < 0.02);
  }
  const { visualFeatures, classOneHot, onset, energy } = stackCrops(crops, 4);
  assert.equal(visualFeatures.length, 2 * 20 * 64 * 16);
  assert.deepEqual([...classOneHot], [1, 0, 0, 0, 1, 0, 0, 0]);
  const tracks = concatTracks(onset, energy);
  assert.deepEqual([...tracks.subarray(8, 12)], [...onset.subarray(4, 8)]);
  assert.deepEqual([...tracks.subarray(12, 16)], [...energy.subarray(4, 8)]);
});

/** Random flow of 25 pairs a second. */
function moving(seconds: number, seed: number): TrainingClip {
  const random = new Random(seed, 'flow');
  const pairs = seconds * 25;
  const grid = Float32Array.from({ length: pairs * 320 }, () => random.normal());
  const midTimes = Float64Array.from({ length: pairs }, (_, i) => (i + 1) / 25);
  return soundingClip(seconds, seed, { flow: { grid, midTimes }, classIndex: seed });
}

const NONE = { stretch: 0, flow: false, dropCells: 0, concatenate: 0 };

test('without augmentation a crop is the clip’s own flow at its place and pace', () => {
  const clip = moving(4, 1);
  const { visualFeatures } = drawCrop(clip, new Random(5, 'test'), { tokens: 20, augmentation: NONE });
  const random = new Random(5, 'test');
  random.uniform();
  random.integer(1);
  const start = random.uniform(-0.1, 4 - 0.8 + 0.1);
  assert.deepEqual(visualFeatures, tokenFeatures(cellFeatures(flowAt(clip.flow, start, 1 / 50, 40))));
});

test('each kind of augmentation changes the crop by itself', () => {
  const draw = (augmentation: AugmentationConfig): Float32Array =>
    drawCrop(moving(4, 1), new Random(7, 'test'), { tokens: 20, augmentation }).visualFeatures;
  const plain = draw(NONE);
  for (const change of [{ stretch: 0.6 }, { flow: true }, { dropCells: 0.4 }]) {
    assert.notDeepEqual(draw({ ...NONE, ...change }), plain, JSON.stringify(change));
  }
});

test('joined crops go on as their neighbor from one token on, in picture, tracks and latents; two classes give none', () => {
  const crops = [0, 1, 2].map((seed) => {
    const clip = moving(4, seed);
    clip.latents = Float32Array.from({ length: 100 * 3 }, () => seed);
    return drawCrop(clip, new Random(seed, 'test'), { tokens: 20, augmentation: NONE, latentChannels: 3 });
  });
  for (const [i, joined] of joinNeighbors(crops, new Random(3, 'test'), 1).entries()) {
    const [own, next] = [crops[i]!, crops[(i + 1) % 3]!];
    const cut = joined.latents.findIndex((value) => value !== i) / 3;
    assert.ok(Number.isInteger(cut) && cut >= 1 && cut < 20, `cut at token ${cut}`);
    for (const key of ['visualFeatures', 'onset', 'energy', 'latents'] as const) {
      const at = (cut * own[key].length) / 20;
      assert.deepEqual(joined[key].subarray(0, at), own[key].subarray(0, at), key);
      assert.deepEqual(joined[key].subarray(at), next[key].subarray(at), key);
    }
    assert.equal(joined.classIndex, null);
  }
  assert.deepEqual(joinNeighbors(crops, new Random(3, 'test'), 0), crops);
});

test.run();
