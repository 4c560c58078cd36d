import assert from 'node:assert/strict';
import fc from 'fast-check';
import { frameShownAt } from '../../../../model/foley/labelled-clip.js';
import { energyTrack, onsetTrack } from '../../../../model/training/data/targets.js';
import { suite } from '../../../harness/suite.js';

const test = suite('targets');

test('an onset track is a Gaussian at each event, the higher where two meet', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -0.1, max: 2.1, noNaN: true }), { maxLength: 6 }), (times) => {
      const track = onsetTrack(
        times.map((time) => ({ time })),
        2,
      );
      assert.equal(track.length, 200);
      track.forEach((value, i) => {
        const expected = Math.max(0, ...times.map((time) => Math.exp(-0.5 * (((i + 0.5) / 100 - time) / 0.012) ** 2)));
        assert.ok(Math.abs(value - expected) < 2e-3, `sample ${i}: ${value}, expected ${expected}`);
      });
    }),
  );
});

test('an energy track follows log loudness in frames of 10 ms', () => {
  const sound = new Float32Array(16_050);
  sound.fill(0.5, 8000);
  const track = energyTrack(sound);
  assert.equal(track.length, 100);
  assert.ok(Math.abs(track[0] - (Math.log(1e-3) / 3.5 + 1.2)) < 1e-6);
  assert.ok(Math.abs(track[99] - (Math.log(0.501) / 3.5 + 1.2)) < 1e-6);
  assert.ok(track[49] < track[50]);
  assert.equal(energyTrack(sound, 50).length, 50);
});

test('a steady clock shows the newest frame at the middle of each tick', () => {
  const times = [0, 0.1, 0.11, 0.3];
  assert.deepEqual([...frameShownAt(times, 10, 5)], [0, 2, 2, 3, 3]);
  assert.deepEqual([...frameShownAt([0.2], 10, 2)], [0, 0]);
});

test.run();
