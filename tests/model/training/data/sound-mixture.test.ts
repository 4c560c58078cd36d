import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Random } from '../../../../model/foley/random.js';
import { type SoundClip, SoundMixture } from '../../../../model/training/data/sound-mixture.js';
import { suite } from '../../../harness/suite.js';

const test = suite('mixture of sounds');

const clips = (count: number): SoundClip[] => Array.from({ length: count }, () => ({ sound: new Int16Array(1) }));
const randomOf = (step: number): Random => new Random(1, `step ${step}`);

test('every source has its share of each batch to less than one sample', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      weights.filter((each) => each.some((w) => w > 0)),
      fc.integer({ min: 1, max: 24 }),
      fc.nat(),
      (each, batch, step) => {
        const total = each.reduce((a, b) => a + b);
        const sources = each.map((weight) => ({ clips: clips(weight > 0 ? 3 : 0), share: weight / total }));
        const drawn = new SoundMixture(sources).draw(batch, randomOf(step));
        assert.equal(drawn.length, batch);
        for (const source of sources) {
          const count = drawn.filter((clip) => source.clips.includes(clip)).length;
          assert.ok(Math.abs(count - batch * source.share) < 1 + 1e-6, `${count} of ${batch} at share ${source.share}`);
        }
      },
    ),
  );
});

test('shares hold in the mean where a batch is too small for them', () => {
  const sources = [0.5, 0.3, 0.2].map((share) => ({ clips: clips(2), share }));
  const mixture = new SoundMixture(sources);
  const counts = sources.map(() => 0);
  for (let step = 0; step < 4000; step++) {
    const [clip] = mixture.draw(1, randomOf(step));
    counts[sources.findIndex((source) => source.clips.includes(clip!))]!++;
  }
  // Four standard deviations of a binomial count are 126 at the most.
  for (const [i, { share }] of sources.entries()) assert.ok(Math.abs(counts[i]! - 4000 * share) < 126, `${counts}`);
});

test('the same step draws the same sounds', () => {
  const mixture = new SoundMixture([
    { clips: clips(5), share: 0.5 },
    { clips: clips(5), share: 0.5 },
  ]);
  for (let step = 0; step < 5; step++) {
    const [one, other] = [mixture.draw(6, randomOf(step)), mixture.draw(6, randomOf(step))];
    for (const [i, clip] of one.entries()) assert.equal(other[i], clip);
  }
});

test.run();
