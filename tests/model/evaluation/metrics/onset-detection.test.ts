import assert from 'node:assert/strict';
import { f1, matchEvents } from '../../../../model/evaluation/metrics/event-matching.js';
import {
  detectOnsets as detectOnsetsAt,
  detectScoredOnsets,
} from '../../../../model/evaluation/metrics/onset-detection.js';
import { Random } from '../../../../model/foley/random.js';
import { suite } from '../../../harness/suite.js';
import { type OnsetGolden, readGolden, renderSound, type SoundRecipe } from './golden-signals.js';

const test = suite('onset detector');
const RATE = 16_000;
const SECONDS = 4;
const detectOnsets = (sound: Float32Array): number[] => detectOnsetsAt(sound, RATE);

/** Kinds of struck sounds: Hz of the tone, seconds of its decay, share of noise, sweep in Hz a second. */
const KINDS = {
  wood: { hz: [250, 700], decay: [0.03, 0.09], noise: 0.3, sweep: 0 },
  metal: { hz: [500, 3000], decay: [0.1, 0.25], noise: 0.3, sweep: 0 },
  glass: { hz: [1500, 5000], decay: [0.05, 0.2], noise: 0.3, sweep: 0 },
  drum: { hz: [70, 160], decay: [0.05, 0.15], noise: 0.4, sweep: -50 },
  click: { hz: [1000, 4000], decay: [0.002, 0.01], noise: 1, sweep: 0 },
  burst: { hz: [100, 200], decay: [0.02, 0.15], noise: 4, sweep: 0 },
  chirp: { hz: [300, 900], decay: [0.04, 0.1], noise: 0.2, sweep: 2000 },
} as const;
type Kind = keyof typeof KINDS;

/** A clip of one kind, or of all kinds mixed: strikes at least 120 ms apart over a faint bed of noise. */
function struck(kind: Kind | 'mixed', seed: number): { sound: Float32Array; times: number[] } {
  const random = new Random(seed, kind);
  const names = Object.keys(KINDS) as Kind[];
  const times: number[] = [];
  for (let time = random.uniform(0.1, 0.6); time < SECONDS - 0.1; time += random.uniform(0.12, 0.8)) times.push(time);
  const parts = times.map((time) => {
    const { hz, decay, noise, sweep } = KINDS[kind === 'mixed' ? random.pick(names) : kind];
    return {
      start: Math.round(time * RATE),
      attack: random.integer(16) + 1,
      level: random.uniform(0.1, 0.5),
      decay: random.uniform(...decay),
      hz: random.uniform(...hz),
      sweep,
      tone: 1,
      noise,
      seed: random.integer(2 ** 31 - 1) + 1,
    };
  });
  const recipe: SoundRecipe = { rate: RATE, samples: SECONDS * RATE, bed: 3e-4, seed: seed + 1, parts };
  return { sound: renderSound(recipe), times };
}

test('on 90 clips of struck sounds of seven kinds and mixed, the mean F1@50 is at least .99, without bias', () => {
  const errors: number[] = [];
  const scores = new Map<string, number[]>();
  for (let seed = 0; seed < 90; seed++) {
    const kind = [...(Object.keys(KINDS) as Kind[]), 'mixed' as const, 'mixed' as const][seed % 9]!;
    const { sound, times } = struck(kind, seed);
    const matching = matchEvents(detectOnsets(sound), times, 0.05);
    scores.set(kind, [...(scores.get(kind) ?? []), f1(matching)]);
    errors.push(...matching.pairs.map(({ error }) => error));
  }
  const all = [...scores.values()].flat();
  const mean = all.reduce((a, b) => a + b) / all.length;
  const byKind = [...scores].map(([kind, values]) => `${kind} ${values.reduce((a, b) => a + b) / values.length}`);
  assert.ok(mean >= 0.99, `${mean}: ${byKind.join(', ')}`);
  const median = errors.toSorted((a, b) => a - b)[errors.length >> 1]!;
  assert.ok(Math.abs(median) < 0.003, `median error ${median}`);
});

test('it agrees with librosa at the same parameters on 50 signals', async () => {
  const { signals } = await readGolden<{ signals: OnsetGolden[] }>('onset-detection');
  assert.equal(signals.length, 50);
  for (const [i, { sound: recipe, check, detector }] of signals.entries()) {
    const sound = renderSound(recipe);
    const sum = sound.reduce((total, value) => total + Math.abs(value), 0);
    assert.ok(Math.abs(sum - check) < 1e-2, `signal ${i} is not the oracle's: ${sum}, ${check}`);
    assert.deepEqual(
      detectOnsetsAt(sound, recipe.rate).map((time) => time.toFixed(5)),
      detector.map((time) => time.toFixed(5)),
      `signal ${i}`,
    );
  }
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

test('louder strikes over a bed are surer, and confidence changes no time', () => {
  const strike = { attack: 2, decay: 0.05, hz: 800, sweep: 0, tone: 1, noise: 0.5, seed: 3 };
  const parts = [0.3, 0.1, 0.03].map((level, i) => ({ ...strike, level, start: (1 + i) * 16_000 }));
  const sound = renderSound({ rate: RATE, samples: 64_000, bed: 2e-3, seed: 9, parts });
  const onsets = detectScoredOnsets(sound, RATE);
  assert.deepEqual(
    onsets.map(({ time }) => time),
    detectOnsets(sound),
  );
  assert.equal(onsets.length, 3);
  const [loud, soft, faint] = onsets.map(({ confidence }) => confidence);
  assert.ok(loud! > soft! && soft! > faint! && faint! >= 0, `${loud}, ${soft}, ${faint}`);
});

test('short and empty sounds are no trouble', () => {
  for (const length of [0, 1, 2, 100, 600]) assert.deepEqual(detectOnsets(new Float32Array(length)), []);
});

test('loudness does not matter, order and spacing do', () => {
  const { sound } = struck('mixed', 1);
  const onsets = detectOnsets(sound);
  assert.deepEqual(detectOnsets(sound.map((value) => value * 0.25)), onsets);
  for (let i = 1; i < onsets.length; i++) assert.ok(onsets[i]! - onsets[i - 1]! > 0.059);
});

test.run();
