/** Sound that is not a strike: noise that follows a rate, the room's reverberation, and background noise. */
import { SAMPLE_RATE } from './labelled-clip.js';
import type { Material } from './materials.js';
import type { Curve } from './motion.js';
import type { Random } from './random.js';

/** Adds band-limited noise whose level follows rate^1.3 (rolling, rain, pouring), grainy where the material is. */
export function addBandNoise(sound: Float32Array, material: Material, rate: Curve, random: Random): void {
  const band = new Float32Array(sound.length);
  for (let i = 0; i < band.length; i++) band[i] = random.normal();
  filter(band, 'high', Math.max(60, material.band * 0.4));
  filter(band, 'low', Math.min(7600, material.band * 1.8));
  const scale = 0.12 / (rms(band) + 1e-6);
  const decay = 0.995;
  let grain = 0;
  for (let i = 0; i < sound.length; i++) {
    if (material.grainy) grain = grain * decay + (random.uniform() < 0.01 ? random.normal() : 0);
    sound[i]! += scale * band[i]! * rate.at(i / SAMPLE_RATE) ** 1.3 * (1 + 0.8 * grain);
  }
}

/** A second-order Butterworth filter in place, by the bilinear transform (Bristow-Johnson's cookbook, Q = 1/√2). */
function filter(signal: Float32Array, kind: 'low' | 'high', hz: number): void {
  const w = (2 * Math.PI * hz) / SAMPLE_RATE;
  const cos = Math.cos(w);
  const alpha = Math.sin(w) / Math.SQRT2;
  const a0 = 1 + alpha;
  const edge = kind === 'low' ? 1 - cos : 1 + cos;
  const b0 = edge / 2 / a0;
  const b1 = (kind === 'low' ? edge : -edge) / a0;
  const a1 = (-2 * cos) / a0;
  const a2 = (1 - alpha) / a0;
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < signal.length; i++) {
    const x = signal[i]!;
    const y = b0 * x + s1;
    s1 = b1 * x - a1 * y + s2;
    s2 = b0 * x - a2 * y;
    signal[i] = y;
  }
}

/** Root mean square. */
function rms(signal: Float32Array): number {
  let sum = 0;
  for (const value of signal) sum += value * value;
  return Math.sqrt(sum / signal.length);
}

/** Mutually prime delays, in samples. */
const DELAYS = [241, 307, 383, 449, 523, 601, 691, 787];
const LINES = DELAYS.length;
const MEAN_DELAY = DELAYS.reduce((a, b) => a + b) / LINES;

/**
 * Adds reverberation in place: a feedback delay network of eight lines mixed by a Hadamard matrix (Jot and Chaigne,
 * "Digital delay networks for designing artificial reverberators", AES 1991). It costs a fraction of convolution with
 * decaying noise, and is scaled to the energy of such noise: `level` is the standard deviation of its first samples.
 *
 * @param decay seconds in which the reverberation falls to 1/e
 */
export function reverberate(sound: Float32Array, decay: number, level: number): void {
  const scale = level * Math.sqrt(MEAN_DELAY / LINES);
  const lines = DELAYS.map((length) => new Float64Array(length));
  const gains = DELAYS.map((length) => Math.exp(-length / (decay * SAMPLE_RATE)) / Math.sqrt(8));
  const heads = new Int32Array(LINES);
  const mix = new Float64Array(LINES);
  for (let n = 0; n < sound.length; n++) {
    const dry = sound[n]!;
    let wet = 0;
    for (let i = 0; i < LINES; i++) {
      const value = lines[i]![heads[i]!]!;
      wet += i % 2 ? -value : value;
      mix[i] = value * gains[i]!;
    }
    hadamard(mix);
    for (let i = 0; i < LINES; i++) {
      lines[i]![heads[i]!] = dry + mix[i]!;
      if (++heads[i]! === DELAYS[i]!) heads[i] = 0;
    }
    sound[n] = dry + scale * wet;
  }
}

/** The unscaled fast Walsh-Hadamard transform in place; the length is a power of two. */
function hadamard(values: Float64Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let i = 0; i < values.length; i++) {
      if (i & half) continue;
      const a = values[i]!;
      const b = values[i + half]!;
      values[i] = a + b;
      values[i + half] = a - b;
    }
  }
}

/** Adds low-pass background noise, as recordings have, at `level` (its root mean square). */
export function addBackgroundNoise(sound: Float32Array, level: number, random: Random): void {
  const decay = 0.97;
  const scale = level * Math.sqrt(1 - decay * decay);
  let value = random.normal() / Math.sqrt(1 - decay * decay);
  for (let i = 0; i < sound.length; i++) {
    value = value * decay + random.normal();
    sound[i]! += scale * value;
  }
}

/** Scales the whole down so that its peak is at most 0.95. */
export function limitPeak(sound: Float32Array): void {
  let peak = 0;
  for (const value of sound) peak = Math.max(peak, Math.abs(value));
  const scale = 1 / Math.max(1, peak / 0.95);
  for (let i = 0; i < sound.length; i++) sound[i]! *= scale;
}
