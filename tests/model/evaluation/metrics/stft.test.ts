import assert from 'node:assert/strict';
import { RealFft } from '../../../../model/evaluation/metrics/fft.js';
import { resample } from '../../../../model/evaluation/metrics/resample.js';
import { melFilters, stftMagnitudes } from '../../../../model/evaluation/metrics/stft.js';
import { Random } from '../../../../model/foley/random.js';
import { suite } from '../../../harness/suite.js';

const test = suite('spectral measures');

function noise(length: number, seed: number, level: number = 0.1): Float32Array {
  const random = new Random(seed, 'noise');
  return new Float32Array(length).map(() => level * random.normal());
}

function sine(length: number, hz: number, rate: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));
}

test('the FFT is the sum that defines it', () => {
  for (const size of [2, 4, 64, 512]) {
    const fft = new RealFft(size);
    const frame = noise(size, size);
    const { re, im } = fft.transform(frame);
    for (let k = 0; k < fft.bins; k += Math.max(1, size >> 5)) {
      let [real, imaginary] = [0, 0];
      for (let n = 0; n < size; n++) {
        real += frame[n]! * Math.cos((2 * Math.PI * k * n) / size);
        imaginary -= frame[n]! * Math.sin((2 * Math.PI * k * n) / size);
      }
      assert.ok(Math.hypot(re[k]! - real, im[k]! - imaginary) < 1e-11);
    }
  }
  for (const size of [0, 1, 3, 100]) assert.throws(() => new RealFft(size), /power of two/);
});

test('the inverse FFT gives the samples back', () => {
  for (const size of [2, 8, 1024]) {
    const fft = new RealFft(size);
    const frame = noise(size, size);
    const back = fft.inverse(fft.transform(frame));
    for (let n = 0; n < size; n++) assert.ok(Math.abs(back[n]! - frame[n]!) < 1e-12);
  }
});

test('a sine stands in its own bin of every frame', () => {
  const { values, frames, bins } = stftMagnitudes(sine(16_000, 1000, 16_000), 512, 160);
  assert.equal(frames, 101);
  for (let f = 2; f < frames - 2; f++) {
    const frame = values.subarray(f * bins, (f + 1) * bins);
    assert.equal(frame.indexOf(Math.max(...frame)), 32);
    assert.ok(Math.abs(frame[32]! - 128) < 0.5);
  }
});

test('past the ends the signal is mirrored, or zero', () => {
  const ones = new Float32Array(1000).fill(1);
  const [mirrored, zeros] = [stftMagnitudes(ones, 256, 100), stftMagnitudes(ones, 256, 100, 'zeros')];
  const dc = ({ values, bins }: typeof zeros, frame: number): number => values[frame * bins]!;
  assert.ok(Math.abs(dc(mirrored, 0) - 128) < 1e-9 && Math.abs(dc(mirrored, 5) - 128) < 1e-9);
  assert.ok(Math.abs(dc(zeros, 0) - 64.5) < 1 && Math.abs(dc(zeros, 5) - 128) < 1e-9);
});

test('mel triangles cover the band, one or two at each frequency', () => {
  const filters = melFilters(16_000, 1024, 20, 100, 7000);
  for (let k = Math.ceil(300 / 15.625); k < 6000 / 15.625; k++) {
    let covered = 0;
    for (let band = 0; band < 20; band++) covered += filters[band * 513 + k]! > 0 ? 1 : 0;
    assert.ok(covered >= 1 && covered <= 2);
  }
});

test('resampling keeps a tone, its level and its place in time', () => {
  for (const [from, to] of [
    [16_000, 22_050],
    [48_000, 16_000],
    [16_000, 16_000],
  ] as const) {
    const out = resample(sine(from / 4, 1000, from), from, to);
    const expected = sine(to / 4, 1000, to);
    assert.equal(out.length, expected.length);
    for (let i = 400; i < out.length - 400; i++)
      assert.ok(Math.abs(out[i]! - expected[i]!) < 2e-3, `${from}→${to} at ${i}`);
  }
  const above = resample(sine(12_000, 15_000, 48_000), 48_000, 16_000);
  for (let i = 400; i < above.length - 400; i++) assert.ok(Math.abs(above[i]!) < 0.01);
});

test.run();
