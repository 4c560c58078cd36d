/**
 * Sound brought to a loudness (EBU R 128) without clipping, and its peaks between samples. Mono.
 */

import { integratedLoudness } from './gated-loudness.js';

/** Samples per sample at which peaks between samples are looked for, and the taps of the interpolation. */
const OVERSAMPLING = 8;
const TAPS = 40;
/** Decibels that quiet sound is lifted by at most. */
const LARGEST_LIFT = 20;
/** dBTP that no peak exceeds. */
const PEAK_CEILING = -1;
/** Seconds over which the limiter lowers the gain before a peak, and raises it after. */
const LIMITER_REACH = 0.005;

/** The highest level between samples, in dBTP; −∞ for silence. */
export const truePeak = (samples: Float32Array): number => decibels(peaks(samples).reduce((a, b) => Math.max(a, b), 0));

/**
 * The samples at a loudness of `target` LUFS, peaks held below −1 dBTP by a limiter. Quiet sound is lifted by 20 dB at most,
 * silence stays silence.
 */
export function atLoudness(samples: Float32Array, rate: number, target: number): Float32Array {
  const loudness = integratedLoudness(samples, rate);
  if (!Number.isFinite(loudness)) return limited(samples, rate);
  let gain = Math.min(LARGEST_LIFT, target - loudness);
  let result = limited(scaled(samples, gain), rate);
  // The limiter takes loudness away; twice is enough to give back what can be had.
  for (let i = 0; i < 2; i++) {
    gain = Math.min(LARGEST_LIFT, gain + target - integratedLoudness(result, rate));
    result = limited(scaled(samples, gain), rate);
  }
  return result;
}

const decibels = (amplitude: number): number => 20 * Math.log10(amplitude);
const amplitudeOf = (level: number): number => 10 ** (level / 20);
const scaled = (samples: Float32Array, gain: number): Float32Array => samples.map((v) => v * amplitudeOf(gain));

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

/** For each sample the largest magnitude from it to the next, between them too. */
function peaks(samples: Float32Array): Float32Array {
  const before = TAPS / 2 - 1;
  const padded = new Float32Array(samples.length + TAPS);
  padded.set(samples, before);
  const floor = WORTH_INTERPOLATING * samples.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const out = new Float32Array(samples.length);
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

/** The gain falls before a peak that would exceed the ceiling and rises after it, over LIMITER_REACH, and is 1 elsewhere. */
function limited(samples: Float32Array, rate: number): Float32Array {
  const ceiling = amplitudeOf(PEAK_CEILING - 0.2);
  const needed = peaks(samples).map((peak) => (peak > ceiling ? ceiling / peak : 1));
  if (needed.every((gain) => gain === 1)) return samples;
  const reach = Math.max(TAPS, Math.round(LIMITER_REACH * rate));
  const lowest = slidingMinimum(needed, reach);
  // The mean over as many samples of minima over twice as many never exceeds what is needed.
  const sums = new Float64Array(lowest.length + 1);
  for (let i = 0; i < lowest.length; i++) sums[i + 1] = sums[i]! + lowest[i]!;
  return samples.map((v, n) => {
    const from = Math.max(0, n - reach);
    const to = Math.min(lowest.length, n + reach + 1);
    return (v * (sums[to]! - sums[from]!)) / (to - from);
  });
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
