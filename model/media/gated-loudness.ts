/**
 * Loudness as broadcasters measure it (ITU-R BS.1770-4, EBU R 128 and Tech 3342): K-weighted power in blocks, the quiet blocks
 * left out. Mono, which counts as one front channel.
 */

/** Seconds from one block to the next, and how many of these a block lasts: for the loudness, and for its range. */
const HOP = 0.1;
const MOMENTARY = 4;
const SHORT_TERM = 30;
/** LUFS below which a block is never counted, and how far below the mean of the rest it may be. */
const ABSOLUTE_GATE = -70;
const INTEGRATED_GATE = -10;
const RANGE_GATE = -20;

/** Integrated loudness in LUFS of mono samples at `rate` Hz; −∞ for silence and for less than 0.4 s. */
export const integratedLoudness = (samples: Float32Array, rate: number): number =>
  integratedLoudnessOf([samples], rate);

/** The same of sound that comes piece by piece. */
export function integratedLoudnessOf(pieces: Iterable<Float32Array>, rate: number): number {
  return loudnessOf(mean(gated(blockPowers(pieces, rate, MOMENTARY), INTEGRATED_GATE)));
}

/** From the 10th to the 95th percentile of short-term loudness, in LU; null for silence and for less than 3 s. */
export function loudnessRange(samples: Float32Array, rate: number): number | null {
  const levels = gated(blockPowers([samples], rate, SHORT_TERM), RANGE_GATE)
    .sort((a, b) => a - b)
    .map(loudnessOf);
  if (levels.length === 0) return null;
  const percentile = (share: number): number => levels[Math.round(share * (levels.length - 1))]!;
  return percentile(0.95) - percentile(0.1);
}

const loudnessOf = (power: number): number => -0.691 + 10 * Math.log10(power);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** The powers above both gates. */
function gated(powers: readonly number[], relativeGate: number): number[] {
  const heard = powers.filter((power) => loudnessOf(power) > ABSOLUTE_GATE);
  const gate = loudnessOf(mean(heard)) + relativeGate;
  return heard.filter((power) => loudnessOf(power) > gate);
}

/** Mean powers of the K-weighted sound in blocks of some hops of 100 ms, one every hop. */
function blockPowers(pieces: Iterable<Float32Array>, rate: number, hops: number): number[] {
  const powers = hopPowers(pieces, rate);
  const blocks: number[] = [];
  for (let at = 0; at + hops <= powers.length; at++) blocks.push(mean(powers.slice(at, at + hops)));
  return blocks;
}

/** Mean powers of the K-weighted sound in each whole hop; sample by sample, for a long sound does not fit thrice. */
function hopPowers(pieces: Iterable<Float32Array>, rate: number): number[] {
  const [shelf, highPass] = kWeighting(rate).map((section) => new Filter(section)) as [Filter, Filter];
  const hop = Math.round(HOP * rate);
  const powers: number[] = [];
  let sum = 0;
  let count = 0;
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i++) {
      sum += highPass.next(shelf.next(piece[i]!)) ** 2;
      if (++count < hop) continue;
      powers.push(sum / hop);
      sum = count = 0;
    }
  }
  return powers;
}

/** Second-order section, a0 = 1. */
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

/** A second-order section and its state (direct form 1). */
class Filter {
  readonly #section: Biquad;
  #x1 = 0;
  #x2 = 0;
  #y1 = 0;
  #y2 = 0;

  constructor(section: Biquad) {
    this.#section = section;
  }

  next(x: number): number {
    const { b, a } = this.#section;
    const y = b[0] * x + b[1] * this.#x1 + b[2] * this.#x2 - a[0] * this.#y1 - a[1] * this.#y2;
    this.#x2 = this.#x1;
    this.#x1 = x;
    this.#y2 = this.#y1;
    this.#y1 = y;
    return y;
  }
}
