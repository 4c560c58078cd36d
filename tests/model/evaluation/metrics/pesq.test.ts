/** PESQ against the scores that tests/oracle/pesq_scores.py got from the reference implementation. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { pesq } from '../../../../model/evaluation/metrics/pesq/pesq.js';
import { resample } from '../../../../model/evaluation/metrics/resample.js';
import { GOLDENS } from '../../../harness/goldens.js';
import { noise } from '../../../harness/random.js';
import { suite } from '../../../harness/suite.js';
import { asFloat, type OraclePair, oraclePair } from './oracle-signals.js';

const test = suite('evaluation: PESQ');

type Golden = OraclePair & { mode: 'nb' | 'wb'; score?: number; error?: string };
const goldens = JSON.parse(readFileSync(join(GOLDENS, 'pesq.json'), 'utf8')) as Golden[];
const MODES = { nb: 'narrow band', wb: 'wide band' } as const;
const named = ({ rate, mode, source, changes }: Golden): string => JSON.stringify([rate, mode, source, changes]);

function score(golden: Golden): number {
  const { reference, sound } = oraclePair(golden);
  return pesq(asFloat(sound), asFloat(reference), golden.rate, MODES[golden.mode]);
}

const voice = goldens.find(({ source, rate }) => source[0] === 'voice' && rate === 16_000)!;
const speech = asFloat(oraclePair(voice).reference);

test('scores 60 pairs of speech and other sounds as the reference implementation does, to .02', () => {
  const scored = goldens.filter(({ error }) => error === undefined);
  assert.equal(scored.length, 60);
  const off = scored
    .map((golden) => ({ name: named(golden), found: score(golden), expected: golden.score! }))
    .filter(({ found, expected }) => !(Math.abs(found - expected) <= 0.02));
  assert.deepEqual(off, []);
});

test('refuses what the reference implementation refuses', () => {
  const refused = goldens.filter(({ error }) => error !== undefined);
  assert.ok(refused.length >= 2);
  for (const golden of refused) assert.throws(() => score(golden), EvaluationError, named(golden));
});

test('refuses silence, sounds below a quarter of a second, and the wide band at 8 kHz, by name', () => {
  const silence = new Float32Array(16_000);
  assert.throws(() => pesq(speech, silence, 16_000, 'wide band'), /reference is silent/);
  assert.throws(() => pesq(silence, speech, 16_000, 'narrow band'), /sound is silent/);
  assert.throws(() => pesq(speech.subarray(0, 3999), speech, 16_000, 'wide band'), /lasts 0\.250 s; at least 0\.25 s/);
  assert.throws(() => pesq(speech, speech, 8000, 'wide band'), /no wide band/);
});

test('aligns in time itself, so it does not hear that a sound is late', () => {
  const late = new Float32Array(speech.length + 4800);
  late.set(speech, 4800);
  assert.ok(pesq(late, speech, 16_000, 'wide band') > 4.6);
});

test('more noise never scores better', () => {
  const hiss = noise(speech.length, 3);
  const scores = [0, 0.002, 0.01, 0.05].map((level) =>
    pesq(
      speech.map((v, i) => v + level * hiss[i]!),
      speech,
      16_000,
      'wide band',
    ),
  );
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
});

test('sounds at other rates are resampled', () => {
  const [sound, reference] = [speech.map((v, i) => v + 0.01 * Math.sin(i * 2)), speech];
  const at44 = pesq(resample(sound, 16_000, 44_100), resample(reference, 16_000, 44_100), 44_100, 'narrow band');
  assert.ok(Math.abs(at44 - pesq(sound, reference, 16_000, 'narrow band')) < 0.1);
});

test.run();
