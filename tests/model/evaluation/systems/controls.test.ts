/** Controls: each keeps what it should keep of the sound, and nothing of when it sounds. */

import assert from 'node:assert/strict';
import { type DatasetClip, SOUND_RATE } from '../../../../model/evaluation/datasets/dataset.js';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { detectOnsets } from '../../../../model/evaluation/metrics/onset-detection.js';
import { clicksAt } from '../../../../model/evaluation/systems/clicks.js';
import {
  randomOnsets,
  rotatedInTime,
  shuffledVideo,
  silence,
  whiteNoise,
} from '../../../../model/evaluation/systems/controls.js';
import { recordingsOf } from '../../../../model/evaluation/systems/recordings.js';
import type { SoundOf, System } from '../../../../model/evaluation/systems/system.js';
import { suite } from '../../../harness/suite.js';

const test = suite('evaluation/systems: controls');

/** A clip of which only length and events matter. */
const clipOf = (name: string, seconds: number, times: readonly number[] = []): DatasetClip =>
  ({ name, seconds, events: times.map((time) => ({ time })) }) as unknown as DatasetClip;

const CLIPS = [clipOf('a', 2), clipOf('b', 3), clipOf('c', 1)];

/** A sound of each clip's length whose samples tell of clip and place. */
const counting: System = {
  ...{ name: 'counting', kind: 'system', description: '', seeded: false },
  soundFor: async (clip) => {
    const first = 10_000 * CLIPS.indexOf(clip);
    return { samples: Float32Array.from({ length: 100 * clip.seconds }, (_, i) => first + i), sampleRate: 100 };
  },
};
const soundOf: SoundOf = (system, clip, call) => system.soundFor(clip, call);

const samplesOf = async (system: System, clip: DatasetClip, seed = 0): Promise<Float32Array> =>
  (await system.soundFor(clip, { seed }))!.samples;

test('shuffled video pairs every clip with the sound of another, each sound once, cut or repeated to length', async () => {
  for (const seed of [0, 1, 2, 3]) {
    const control = shuffledVideo(counting, CLIPS, soundOf);
    const heard = await Promise.all(CLIPS.map((clip) => samplesOf(control, clip, seed)));
    const owners = heard.map((samples) => Math.floor(samples[0]! / 10_000));
    assert.deepEqual(owners.toSorted(), [0, 1, 2]);
    for (const [i, samples] of heard.entries()) {
      assert.notEqual(owners[i], i);
      assert.equal(samples.length, 100 * CLIPS[i]!.seconds);
      const length = 100 * CLIPS[owners[i]!]!.seconds;
      for (const [n, value] of samples.entries()) assert.equal(value, 10_000 * owners[i]! + (n % length));
    }
  }
});

test('a single clip has no shuffled control', () => {
  assert.throws(() => shuffledVideo(counting, CLIPS.slice(0, 1), soundOf), EvaluationError);
});

test('rotation keeps every sample, in order around the circle, and moves by a quarter at least', async () => {
  const shifts = new Set<number>();
  for (const seed of [0, 1, 2, 3, 4]) {
    const samples = await samplesOf(rotatedInTime(counting, soundOf), CLIPS[0]!, seed);
    const shift = samples.indexOf(0);
    assert.ok(shift >= 50 && shift <= 150, `${shift}`);
    for (const [n, value] of samples.entries()) assert.equal(value, (n - shift + 200) % 200);
    shifts.add(shift);
  }
  assert.ok(shifts.size > 1);
});

test('random onsets are as many as the events that are demanded, and other ones for each seed', async () => {
  const clip = clipOf('hits', 60, [1, 2, 3, 4, 5]);
  const events = [...clip.events, { time: 6, optional: true }];
  const onsets = async (seed: number): Promise<number[]> =>
    detectOnsets(await samplesOf(randomOnsets(), { ...clip, events }, seed), SOUND_RATE);
  const [first, second] = [await onsets(0), await onsets(1)];
  assert.equal(first.length, 5);
  assert.equal(second.length, 5);
  assert.notDeepEqual(first, second);
});

test('clicks are heard where they were set', () => {
  const times = [0.3, 0.81, 1.5];
  const onsets = detectOnsets(clicksAt(times, 2), SOUND_RATE);
  assert.equal(onsets.length, 3);
  for (const [i, onset] of onsets.entries()) assert.ok(Math.abs(onset - times[i]!) < 0.01, `${onset}`);
});

test('silence and white noise have no onsets', async () => {
  const clip = clipOf('x', 4);
  for (const control of [silence(), whiteNoise()]) {
    const samples = await samplesOf(control, clip);
    assert.equal(samples.length, 4 * SOUND_RATE);
    assert.ok(detectOnsets(samples, SOUND_RATE).length <= 1);
  }
});

test('recordings go by words of the class, and an unknown class has an impact', () => {
  assert.ok(recordingsOf('Snare drum').every((name) => name.startsWith('drum_')));
  assert.deepEqual(recordingsOf('metal'), recordingsOf('hammer on metal'));
  assert.deepEqual(recordingsOf(undefined), recordingsOf('barking dog'));
});

test.run();
