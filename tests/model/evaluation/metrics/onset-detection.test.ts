import assert from 'node:assert/strict';
import { type Match, matchEvents, pooledF1 } from '../../../../model/evaluation/metrics/event-matching.js';
import { detectOnsets as detectOnsetsAt } from '../../../../model/evaluation/metrics/onset-detection.js';
import { Random } from '../../../../model/foley/random.js';
import { suite } from '../../../harness/suite.js';

const test = suite('onset detector');
const SECONDS = 4;
const detectOnsets = (sound: Float32Array): number[] => detectOnsetsAt(sound, 16_000);

/** Decaying clicks and tones over a faint bed, at known times at least 120 ms apart. */
function strikes(seed: number): { sound: Float32Array; times: number[] } {
  const random = new Random(seed, 'clicks');
  const sound = new Float32Array(SECONDS * 16_000).map(() => 3e-4 * random.normal());
  const times: number[] = [];
  for (let time = random.uniform(0.1, 0.6); time < SECONDS - 0.1; time += random.uniform(0.12, 0.8)) {
    times.push(time);
    const [level, decay, hz] = [random.uniform(0.1, 0.6), random.uniform(0.01, 0.1), random.uniform(200, 3000)];
    const start = Math.round(time * 16_000);
    for (let i = 0; i < 4000 && start + i < sound.length; i++) {
      const t = i / 16_000;
      sound[start + i]! +=
        level * Math.exp(-t / decay) * (Math.sin(2 * Math.PI * hz * t) + random.normal() * Math.exp(-t / 0.01));
    }
  }
  return { sound, times };
}

test('known strikes are found, within 50 ms and without bias', () => {
  const matches: Match[] = [];
  const errors: number[] = [];
  for (let seed = 0; seed < 20; seed++) {
    const { sound, times } = strikes(seed);
    const found = detectOnsets(sound);
    matches.push(matchEvents(found, times, 0.05));
    for (const onset of found) {
      const nearest = times.reduce((best, time) => (Math.abs(time - onset) < Math.abs(best - onset) ? time : best));
      if (Math.abs(onset - nearest) < 0.05) errors.push(onset - nearest);
    }
  }
  assert.ok(pooledF1(matches) >= 0.98, `F1 ${pooledF1(matches)}`);
  assert.ok(Math.abs(errors.toSorted((a, b) => a - b)[errors.length >> 1]!) < 0.005);
});

test('steady noise, a steady tone and silence have next to none', () => {
  let onsets = 0;
  for (let seed = 0; seed < 10; seed++) {
    const random = new Random(seed, 'noise');
    onsets += detectOnsets(new Float32Array(64_000).map(() => 0.2 * random.normal())).length;
  }
  assert.ok(onsets <= 4, `${onsets} in 40 s of white noise`);
  const tone = Float32Array.from({ length: 64_000 }, (_, i) => 0.3 * Math.sin(i * 0.17) * Math.min(1, i / 16_000));
  assert.ok(detectOnsets(tone).length <= 1);
  assert.deepEqual(detectOnsets(new Float32Array(64_000)), []);
});

test('short and empty sounds are no trouble', () => {
  for (const length of [0, 1, 2, 100, 600]) assert.deepEqual(detectOnsets(new Float32Array(length)), []);
});

test('loudness does not matter, order and spacing do', () => {
  const { sound } = strikes(1);
  const onsets = detectOnsets(sound);
  assert.deepEqual(detectOnsets(sound.map((value) => value * 0.25)), onsets);
  for (let i = 1; i < onsets.length; i++) assert.ok(onsets[i]! - onsets[i - 1]! > 0.059);
});

test.run();
