/**
 * Sound brought to a loudness (EBU R 128) without clipping, and its peaks between samples. Mono.
 */

import { integratedLoudness, integratedLoudnessOf } from './gated-loudness.js';

/** Samples per sample at which peaks between samples are looked for, and the taps of the interpolation. */
const OVERSAMPLING = 8;
const TAPS = 40;
/** Samples that are worked on at once. */
const BLOCK = 1 << 16;
/** Decibels that quiet sound is lifted by at most. */
const LARGEST_LIFT = 20;
/** dBTP that no peak exceeds. */
const PEAK_CEILING = -1;
/** Seconds over which the limiter lowers the gain before a peak, and raises it after. */
const LIMITER_REACH = 0.005;

/** The highest level between samples, in dBTP; −∞ for silence. */
export function truePeak(samples: Float32Array): number {
  const floor = WORTH_INTERPOLATING * largest(samples);
  let highest = 0;
  for (let from = 0; from < samples.length; from += BLOCK) {
    const to = Math.min(samples.length, from + BLOCK);
    for (const peak of peaks(samples, from, to, 1, floor)) highest = Math.max(highest, peak);
  }
  return decibels(highest);
}

/**
 * Brings the samples to a loudness of `target` LUFS, in place, peaks held below −1 dBTP by a limiter. Quiet sound is lifted
 * by 20 dB at most, silence stays silence.
 *
 * @returns the same samples
 */
export function toLoudness(samples: Float32Array, rate: number, target: number): Float32Array {
  const loudness = integratedLoudness(samples, rate);
  let gain = Number.isFinite(loudness) ? Math.min(LARGEST_LIFT, target - loudness) : 0;
  // The limiter takes loudness away; twice is enough to give back what can be had.
  for (let i = 0; i < 2 && Number.isFinite(loudness); i++) {
    const limited = integratedLoudnessOf(limitedBlocks(samples, amplitudeOf(gain), rate), rate);
    gain = Math.min(LARGEST_LIFT, gain + target - limited);
  }
  let written = 0;
  let last = new Float32Array(0);
  // A block is written when the next one is there, which depends on the end of this one.
  for (const block of limitedBlocks(samples, amplitudeOf(gain), rate)) {
    samples.set(last, written);
    written += last.length;
    last = block;
  }
  samples.set(last, written);
  return samples;
}

const decibels = (amplitude: number): number => 20 * Math.log10(amplitude);
const amplitudeOf = (level: number): number => 10 ** (level / 20);
const largest = (samples: Float32Array): number => samples.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** Windowed-sinc interpolation to the phases between two samples. */
const PHASES: readonly Float64Array[] = Array.from({ length: OVERSAMPLING - 1 }, (_, phase) => {
  const taps = Float64Array.from({ length: TAPS }, (_, i) => {
    const x = i - TAPS / 2 + 1 - (phase + 1) / OVERSAMPLING;
    const window = 0.5 + 0.5 * Math.cos((2 * Math.PI * x) / TAPS);
    return (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * window;
  });
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map((tap) => tap / sum);
});

/** Between samples this far below the highest there is no higher peak. */
const WORTH_INTERPOLATING = 0.35;

/**
 * For each of the samples [from, to), `gain` times as large, the largest magnitude from it to the next, between them too.
 * Where both are below `floor`, that of the sample alone.
 */
function peaks(samples: Float32Array, from: number, to: number, gain: number, floor: number): Float32Array {
  const before = TAPS / 2 - 1;
  const padded = new Float32Array(to - from + TAPS);
  const first = Math.max(0, from - before);
  const source = samples.subarray(first, Math.min(samples.length, to + TAPS - before));
  for (const [i, v] of source.entries()) padded[first - from + before + i] = v * gain;
  const out = new Float32Array(to - from);
  for (let n = 0; n < out.length; n++) {
    let peak = Math.abs(padded[n + before]!);
    if (Math.max(peak, Math.abs(padded[n + before + 1]!)) >= floor) {
      for (const taps of PHASES) {
        let value = 0;
        for (let i = 0; i < TAPS; i++) value += taps[i]! * padded[n + i]!;
        peak = Math.max(peak, Math.abs(value));
      }
    }
    out[n] = peak;
  }
  return out;
}

/**
 * The samples, `gain` times as large and limited: the gain falls before a peak that would exceed the ceiling and rises after
 * it, over LIMITER_REACH. In blocks, for an hour of sound has more samples than fit thrice.
 */
function* limitedBlocks(samples: Float32Array, gain: number, rate: number): Generator<Float32Array<ArrayBuffer>> {
  const ceiling = amplitudeOf(PEAK_CEILING - 0.2);
  const floor = WORTH_INTERPOLATING * largest(samples) * gain;
  const reach = Math.max(TAPS, Math.round(LIMITER_REACH * rate));
  for (let from = 0; from < samples.length; from += BLOCK) {
    const to = Math.min(samples.length, from + BLOCK);
    // What a sample is multiplied by depends on peaks within twice the reach.
    const [first, last] = [Math.max(0, from - 2 * reach), Math.min(samples.length, to + 2 * reach)];
    const needed = peaks(samples, first, last, gain, floor).map((peak) => (peak > ceiling ? ceiling / peak : 1));
    const lowest = slidingMinimum(needed, reach);
    // The mean over as many samples of minima over twice as many never exceeds what is needed.
    const sums = new Float64Array(lowest.length + 1);
    for (let i = 0; i < lowest.length; i++) sums[i + 1] = sums[i]! + lowest[i]!;
    const block = new Float32Array(to - from);
    for (let n = from; n < to; n++) {
      const start = Math.max(0, n - first - reach);
      const end = Math.min(lowest.length, n - first + reach + 1);
      block[n - from] = (samples[n]! * gain * (sums[end]! - sums[start]!)) / (end - start);
    }
    yield block;
  }
}

/** The least of the values within `reach` to either side of each. */
function slidingMinimum(values: Float32Array, reach: number): Float32Array {
  const queue: number[] = [];
  let head = 0;
  const out = new Float32Array(values.length);
  for (let n = 0; n < values.length + reach; n++) {
    if (n < values.length) {
      while (queue.length > head && values[queue.at(-1)!]! >= values[n]!) queue.pop();
      queue.push(n);
    }
    if (queue[head]! < n - 2 * reach) head++;
    if (n >= reach) out[n - reach] = values[queue[head]!]!;
  }
  return out;
}
