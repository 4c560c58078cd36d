/** Sound that is not a strike: noise that follows a rate, the room, and the quiet bed under everything. */
import { SAMPLE_RATE } from './labelled-clip.js';
import type { Material } from './materials.js';
import type { Curve } from './motion.js';
import type { Random } from './random.js';

/** Adds band noise whose level follows the rate^1.3 (rolling, rain, pouring), grainy where the material is. */
export function addContinuous(sound: Float32Array, material: Material, rate: Curve, random: Random): void {
  const band = new Float32Array(sound.length);
  for (let i = 0; i < band.length; i++) band[i] = random.normal();
  filter(band, 'high', Math.max(60, material.band * 0.4));
  filter(band, 'low', Math.min(7600, material.band * 1.8));
  const scale = 0.12 / (rms(band) + 1e-6);
  const linger = 0.995;
  let grain = 0;
  for (let i = 0; i < sound.length; i++) {
    if (material.grainy) grain = grain * linger + (random.uniform() < 0.01 ? random.normal() : 0);
    sound[i] += scale * band[i] * rate.at(i / SAMPLE_RATE) ** 1.3 * (1 + 0.8 * grain);
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
    const x = signal[i];
    const y = b0 * x + s1;
    s1 = b1 * x - a1 * y + s2;
    s2 = b0 * x - a2 * y;
    signal[i] = y;
  }
}

function rms(signal: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < signal.length; i++) sum += signal[i] * signal[i];
  return Math.sqrt(sum / signal.length);
}

/** Mutually prime delays, in samples. */
const DELAYS = [241, 307, 383, 449, 523, 601, 691, 787];
const MEAN_DELAY = DELAYS.reduce((a, b) => a + b) / DELAYS.length;

/**
 * Adds a room in place: a feedback delay network of eight lines mixed by a Hadamard matrix (Jot and Chaigne, "Digital
 * delay networks for designing artificial reverberators", AES 1991). It costs a fraction of convolution with decaying
 * noise, and is scaled to the energy of such noise: `level` is the standard deviation of its first samples.
 *
 * @param decay seconds in which the room falls to 1/e
 */
export function reverberate(sound: Float32Array, decay: number, level: number): void {
  const scale = level * Math.sqrt(MEAN_DELAY / DELAYS.length);
  const lines = DELAYS.map((length) => new Float64Array(length));
  const shrink = DELAYS.map((length) => Math.exp(-length / (decay * SAMPLE_RATE)) / Math.sqrt(8));
  const heads = new Int32Array(8);
  const mix = new Float64Array(8);
  for (let n = 0; n < sound.length; n++) {
    const dry = sound[n];
    let wet = 0;
    for (let i = 0; i < 8; i++) {
      const value = lines[i][heads[i]];
      wet += i % 2 ? -value : value;
      mix[i] = value * shrink[i];
    }
    for (let half = 1; half < 8; half *= 2) {
      for (let i = 0; i < 8; i++) {
        if (i & half) continue;
        const a = mix[i];
        const b = mix[i + half];
        mix[i] = a + b;
        mix[i + half] = a - b;
      }
    }
    for (let i = 0; i < 8; i++) {
      lines[i][heads[i]] = dry + mix[i];
      if (++heads[i] === DELAYS[i]) heads[i] = 0;
    }
    sound[n] = dry + scale * wet;
  }
}

/** Adds the low rush of a recording's background, at `level` (its root mean square). */
export function addBed(sound: Float32Array, level: number, random: Random): void {
  const linger = 0.97;
  const scale = level * Math.sqrt(1 - linger * linger);
  let value = random.normal() / Math.sqrt(1 - linger * linger);
  for (let i = 0; i < sound.length; i++) {
    value = value * linger + random.normal();
    sound[i] += scale * value;
  }
}

/** Turns the whole down so that its peak is at most .95. */
export function keepBelowClipping(sound: Float32Array): void {
  let peak = 0;
  for (let i = 0; i < sound.length; i++) peak = Math.max(peak, Math.abs(sound[i]));
  const scale = 1 / Math.max(1, peak / 0.95);
  for (let i = 0; i < sound.length; i++) sound[i] *= scale;
}
