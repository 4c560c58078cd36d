/**
 * The sounds that tests/oracle/signals.py makes for oracles of sound measures, made again sample by sample: 16-bit, by the
 * same arithmetic in the same order, so that goldens need not store them. A change here needs the same change there.
 */

import assert from 'node:assert/strict';
import { uniformSource } from '../../../harness/random.js';

/** A kind of sound and its arguments. */
export type SourceSpec = readonly [kind: string, seed: number, seconds: number, ...parameters: number[]];
/** Changes made to it one after the other: a kind and its arguments. */
export type ChangeSpec = readonly [kind: string, ...parameters: number[]];

type Source = (uniform: () => number, count: number, rate: number, parameter: number) => number[];
type Change = (x: readonly number[], rate: number, ...parameters: number[]) => number[];

function sourceOf([kind, seed, seconds, parameter = 0]: SourceSpec, rate: number): number[] {
  return SOURCES[kind]!(uniformSource(seed), Math.floor(seconds * rate), rate, parameter).map(toInt16);
}

function changed(sound: readonly number[], changes: readonly ChangeSpec[], rate: number): number[] {
  let x = sound.slice();
  for (const [kind, ...parameters] of changes) x = CHANGES[kind]!(x, rate, ...parameters).map(toInt16);
  return x;
}

function checksum(sound: readonly number[]): number {
  return sound.reduce((sum, value, i) => (sum + (value + 32_768) * ((i % 251) + 1)) % 2147483647, sound.length);
}

const toInt16 = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.floor(value + 0.5)));

/** Formants of five vowels, Hz; their bandwidths. */
const VOWELS = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
  [530, 1840, 2480],
  [570, 840, 2410],
] as const;
const WIDTHS = [80, 100, 140] as const;

/** Syllables of a pulse train through three resonances, some with a hiss before; parameter: pitch in Hz. */
const voice: Source = (uniform, count, rate, pitch) => {
  const out: number[] = new Array(count).fill(0);
  let at = Math.floor(0.1 * rate);
  let phase = 0;
  let flow = 0;
  let hiss = 0;
  const states = [0, 0, 0, 0, 0, 0];
  while (at < count) {
    const vowel = VOWELS[Math.floor(uniform() * 5)]!;
    const length = Math.floor((0.12 + 0.2 * uniform()) * rate);
    const burst = uniform() < 0.5 ? Math.floor((0.03 + 0.06 * uniform()) * rate) : 0;
    let pause = Math.floor((0.02 + 0.08 * uniform()) * rate);
    if (uniform() < 0.2) pause += Math.floor(0.4 * rate);
    const coefficients = vowel.map((hz, f) => {
      const r = Math.exp((-Math.PI * WIDTHS[f]!) / rate);
      return [2 * r * Math.cos((2 * Math.PI * hz) / rate), r * r] as const;
    });
    for (let i = 0; i < burst + length + pause && at < count; i++, at++) {
      const t = i - burst;
      let excitation = 0;
      if (t >= 0 && t < length) {
        phase += (pitch * (1.1 - (0.2 * t) / length)) / rate;
        if (phase >= 1) {
          phase -= 1;
          excitation = Math.min(1, t / (0.02 * rate), (length - t) / (0.05 * rate));
        }
      }
      flow = 0.9 * flow + excitation;
      let value = flow;
      for (const [f, [c, d]] of coefficients.entries()) {
        value = (1 - c + d) * value + c * states[2 * f]! - d * states[2 * f + 1]!;
        states[2 * f + 1] = states[2 * f]!;
        states[2 * f] = value;
      }
      value *= 9000;
      if (t < 0) {
        const white = 2 * uniform() - 1;
        value += 1200 * (white - hiss);
        hiss = white;
      }
      out[at] = value;
    }
  }
  return out;
};

const triangle = (phase: number): number => 4 * Math.abs(phase - Math.floor(phase) - 0.5) - 1;

const SOURCES: Readonly<Record<string, Source>> = {
  voice,
  /** Decaying noise three times a second. */
  bursts(uniform: () => number, count: number, rate: number) {
    const period = Math.floor(0.35 * rate);
    let level = 0;
    return Array.from({ length: count }, (_, i) => {
      level = i % period === Math.floor(0.1 * rate) ? 12_000 : level * (1 - 1 / (0.05 * rate));
      return level * (2 * uniform() - 1);
    });
  },
  /** A chord of triangle waves that swells and fades; parameter: Hz of its lowest tone. */
  chord(_: () => number, count: number, rate: number, hz: number) {
    return Array.from({ length: count }, (__, i) => {
      const t = i / rate;
      const sum = triangle(hz * t) + triangle(1.25 * hz * t) + triangle(1.5 * hz * t);
      return 2500 * sum * (0.6 + 0.4 * triangle(0.7 * t));
    });
  },
  /** A triangle wave that rises from 200 Hz by 700 Hz a second, and begins anew at 3 kHz. */
  sweep(_: () => number, count: number, rate: number) {
    let hz = 200;
    let phase = 0;
    return Array.from({ length: count }, () => {
      hz = hz > 3000 ? 200 : hz + 700 / rate;
      phase += hz / rate;
      return 6000 * triangle(phase);
    });
  },
  noise(uniform: () => number, count: number) {
    return Array.from({ length: count }, () => 4000 * (2 * uniform() - 1));
  },
  /** Ringing at 900 Hz, struck four times a second. */
  strokes(_: () => number, count: number, rate: number) {
    const period = Math.floor(0.25 * rate);
    const c = 2 * 0.998 * Math.cos((2 * Math.PI * 900) / rate);
    let [a, b] = [0, 0];
    return Array.from({ length: count }, (__, i) => {
      const value = (i % period === 100 ? 4000 : 0) + c * a - 0.998 * 0.998 * b;
      [b, a] = [a, value];
      return value;
    });
  },
};

const CHANGES: Readonly<Record<string, Change>> = {
  none: (x) => x.slice(),
  gain: (x, _, factor) => x.map((v) => v * factor),
  /** Another gain in every second half second. */
  'gain steps': (x, rate, factor) => x.map((v, i) => (Math.floor(i / Math.floor(0.5 * rate)) % 2 ? v * factor : v)),
  noise(x, _, seed, amplitude) {
    const uniform = uniformSource(seed);
    return x.map((v) => v + amplitude * (2 * uniform() - 1));
  },
  /** One pole. */
  'low pass'(x, _, pole) {
    let y = 0;
    return x.map((v) => (y = pole * y + (1 - pole) * v));
  },
  'high pass'(x, _, pole) {
    let [y, last] = [0, 0];
    return x.map((v) => {
      y = pole * y + v - last;
      last = v;
      return y;
    });
  },
  clip: (x, _, level) => x.map((v) => Math.max(-level, Math.min(level, v))),
  /** Later by some samples (earlier where negative), as long as before. */
  delay: (x, _, samples) => x.map((__, i) => x[i - samples] ?? 0),
  /** Repeats the samples before a point. */
  insert(x, rate, seconds, samples) {
    const at = Math.floor(seconds * rate);
    return [...x.slice(0, at), ...x.slice(at - samples, at), ...x.slice(at)];
  },
  remove(x, rate, seconds, samples) {
    const at = Math.floor(seconds * rate);
    return [...x.slice(0, at), ...x.slice(at + samples)];
  },
  /** Silences packets of 20 ms at a probability. */
  dropouts(x, rate, seed, probability) {
    const uniform = uniformSource(seed);
    const packet = Math.floor(0.02 * rate);
    let lost = false;
    return x.map((v, i) => {
      if (i % packet === 0) lost = uniform() < probability;
      return lost ? 0 : v;
    });
  },
  silence(x, rate, from, to) {
    return x.map((v, i) => (i >= from * rate && i < to * rate ? 0 : v));
  },
  echo: (x, rate, seconds, factor) => x.map((v, i) => v + factor * (x[i - Math.floor(seconds * rate)] ?? 0)),
  /** Rounds to multiples of a step. */
  quantize: (x, _, step) => x.map((v) => step * Math.floor(v / step + 0.5)),
  /** Adaptive differential coding with a few bits: the step grows with large differences and shrinks with small ones. */
  adpcm(x, _, levels) {
    let [predicted, step] = [0, 16];
    return x.map((v) => {
      const code = Math.max(-levels, Math.min(levels, Math.floor((v - predicted) / step + 0.5)));
      predicted = 0.95 * predicted + code * step;
      step = Math.max(4, Math.min(6000, step * (Math.abs(code) > levels / 2 ? 1.6 : 0.8)));
      return predicted;
    });
  },
  /** Holds every few samples. */
  hold: (x, _, samples) => x.map((__, i) => x[i - (i % samples)]!),
  tremolo: (x, rate, hz, depth) => x.map((v, i) => v * (1 - depth * (0.5 + 0.5 * triangle((hz * i) / rate)))),
  /** Cuts to a length in seconds, or lengthens with silence. */
  length: (x, rate, seconds) => Array.from({ length: Math.floor(seconds * rate) }, (_, i) => x[i] ?? 0),
};

/** A pair as goldens describe it. */
export interface OraclePair {
  rate: number;
  source: SourceSpec;
  changes: readonly ChangeSpec[];
  /** Of the reference and of the changed sound. */
  checksums: readonly [number, number];
}

/** References by rate and source: many pairs have the same. */
const made = new Map<string, number[]>();

/** The two sounds of a pair, the same to the sample as the oracle's. */
export function oraclePair({ rate, source, changes, checksums }: OraclePair): { reference: number[]; sound: number[] } {
  const key = JSON.stringify([rate, source]);
  const reference = made.get(key) ?? sourceOf(source, rate);
  made.set(key, reference);
  const sound = changed(reference, changes, rate);
  assert.deepEqual([checksum(reference), checksum(sound)], checksums, `${source} is not the oracle's sound`);
  return { reference, sound };
}

/** 16-bit samples in [−1, 1). */
export const asFloat = (sound: readonly number[]): Float32Array => new Float32Array(sound).map((v) => v / 32_768);
