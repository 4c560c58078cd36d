/**
 * Loudness as broadcasters measure it (EBU R 128, ITU-R BS.1770-4), and sound brought to a loudness without clipping. Mono,
 * which counts as one front channel.
 */

/** Seconds of a gating block, and from one to the next. */
const BLOCK = 0.4;
const HOP = 0.1;
/** LUFS below which a block is never counted, and how far below the mean of the rest. */
const ABSOLUTE_GATE = -70;
const RELATIVE_GATE = -10;
/** Samples per sample at which peaks between samples are looked for, and the taps of the interpolation. */
const OVERSAMPLING = 8;
const TAPS = 40;
/** Decibels that quiet sound is lifted by at most. */
const LARGEST_LIFT = 20;
/** dBTP that no peak exceeds. */
const PEAK_CEILING = -1;
/** Seconds over which the limiter lowers the gain before a peak, and raises it after. */
const LIMITER_REACH = 0.005;

/** Integrated loudness in LUFS of mono samples at `rate` Hz; −∞ for silence and for less than 0.4 s. */
export function integratedLoudness(samples: Float32Array, rate: number): number {
  const weighted = kWeighted(samples, rate);
  const block = Math.round(BLOCK * rate);
  const hop = Math.round(HOP * rate);
  const powers: number[] = [];
  for (let at = 0; at + block <= weighted.length; at += hop) {
    let sum = 0;
    for (let i = at; i < at + block; i++) sum += weighted[i]! ** 2;
    powers.push(sum / block);
  }
  const heard = powers.filter((power) => loudnessOf(power) > ABSOLUTE_GATE);
  const gate = loudnessOf(mean(heard)) + RELATIVE_GATE;
  return loudnessOf(mean(heard.filter((power) => loudnessOf(power) > gate)));
}

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
const loudnessOf = (power: number): number => -0.691 + 10 * Math.log10(power);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const scaled = (samples: Float32Array, gain: number): Float32Array => samples.map((v) => v * amplitudeOf(gain));

/** Second-order section, a[0] = 1. */
interface Biquad {
  b: readonly [number, number, number];
  a: readonly [number, number];
}

/** The two filters of BS.1770, from their analogue prototypes, so that they hold at any rate. */
function kWeighting(rate: number): readonly [Biquad, Biquad] {
  const shelf = (() => {
    const k = Math.tan((Math.PI * 1681.974450955533) / rate);
    const q = 0.7071752369554196;
    const high = 10 ** (3.999843853973347 / 20);
    const band = high ** 0.4996667741545416;
    const norm = 1 + k / q + k * k;
    return {
      b: [(high + (band * k) / q + k * k) / norm, (2 * (k * k - high)) / norm, (high - (band * k) / q + k * k) / norm],
      a: [(2 * (k * k - 1)) / norm, (1 - k / q + k * k) / norm],
    } as const;
  })();
  const highPass = (() => {
    const k = Math.tan((Math.PI * 38.13547087602444) / rate);
    const q = 0.5003270373238773;
    const norm = 1 + k / q + k * k;
    return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / norm, (1 - k / q + k * k) / norm] } as const;
  })();
  return [shelf, highPass];
}

function kWeighted(samples: Float32Array, rate: number): Float64Array {
  let signal = Float64Array.from(samples);
  for (const { b, a } of kWeighting(rate)) {
    const out = new Float64Array(signal.length);
    let [x1, x2, y1, y2] = [0, 0, 0, 0];
    for (let i = 0; i < signal.length; i++) {
      const x = signal[i]!;
      const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
      [x2, x1, y2, y1] = [x1, x, y1, y];
      out[i] = y;
    }
    signal = out;
  }
  return signal;
}

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
