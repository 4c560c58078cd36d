/** Change of sample rate by a windowed sinc, one set of taps for each phase. */

const ZEROS = 16;

/**
 * Resamples by the ratio of two whole rates (16,000 → 22,050: 441 phases). A Hann window over 16
 * zero crossings a side; what the lower rate cannot hold is filtered out. Equal rates give a copy.
 */
export function resample(signal: ArrayLike<number>, from: number, to: number): Float32Array {
  if (from === to) return Float32Array.from(signal);
  const common = gcd(from, to);
  const up = to / common;
  const down = from / common;
  const cutoff = Math.min(1, to / from) * 0.96;
  const reach = Math.ceil(ZEROS / cutoff);
  const taps = phaseTaps(up, reach, cutoff);
  const width = 2 * reach;
  const out = new Float32Array(Math.floor((signal.length * up) / down));
  for (let n = 0; n < out.length; n++) {
    const position = n * down;
    const first = Math.floor(position / up) - reach + 1;
    const phase = (position % up) * width;
    let sum = 0;
    for (let i = Math.max(0, -first); i < Math.min(width, signal.length - first); i++) {
      sum += taps[phase + i]! * signal[first + i]!;
    }
    out[n] = sum;
  }
  return out;
}

/** Row p holds the weights of the input samples around a point p/phases after one: [phases, 2·reach]. */
function phaseTaps(phases: number, reach: number, cutoff: number): Float64Array {
  const width = 2 * reach;
  const taps = new Float64Array(phases * width);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let i = 0; i < width; i++) {
      const x = i - reach + 1 - phase / phases;
      const edge = Math.abs(x) < reach ? Math.cos((Math.PI * x) / (2 * reach)) ** 2 : 0;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
      sum += taps[phase * width + i] = edge * sinc;
    }
    // Every phase passes a constant unchanged; a difference between phases would be a tone in the result.
    for (let i = 0; i < width; i++) taps[phase * width + i]! /= sum;
  }
  return taps;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
