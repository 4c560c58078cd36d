/** The transforms in f64, straight from their definitions (with a table of the unit circle). */

import { type IstftProblem, istftSizes } from './istft.js';
import type { ModulusGradientProblem, ModulusProblem } from './modulus.js';
import { type StftProblem, stftSizes } from './stft.js';

/** Σ w² over the frames that cover each padded position. */
function envelopeOf(window: Float64Array, frames: number, hop: number, length: number): Float64Array {
  const sum = new Float64Array(length);
  for (let t = 0; t < frames; t++) {
    for (let n = 0; n < window.length; n++) sum[t * hop + n]! += window[n]! ** 2;
  }
  return sum;
}

/** cos and sin of n/size turns. */
function circle(size: number): { cos: Float64Array; sin: Float64Array } {
  return {
    cos: Float64Array.from({ length: size }, (_, n) => Math.cos((2 * Math.PI * n) / size)),
    sin: Float64Array.from({ length: size }, (_, n) => Math.sin((2 * Math.PI * n) / size)),
  };
}

/** The sample a padded position shows, or −1 for zero padding. */
function sampleAt(p: number, left: number, samples: number, mirror: boolean): number {
  let s = p - left;
  if (mirror) {
    s = Math.abs(s);
    if (s >= samples) s = 2 * (samples - 1) - s;
  }
  return s >= 0 && s < samples ? s : -1;
}

export function stftReference(problem: StftProblem, [x, window]: readonly Float64Array[]): Float64Array[] {
  const { batch, samples, frames, nFft, bins, stride } = stftSizes(problem);
  const { hop, left, mirror, edge, interior, envelope, output, floor } = problem;
  const { cos, sin } = circle(nFft);
  const env = envelopeOf(window!, frames, hop, Math.max(stride, left + samples));
  const width = output === 'complex' ? 2 : 1;
  const result = new Float64Array(batch * frames * bins * width);
  const frame = new Float64Array(nFft);
  for (let at = 0; at < batch * frames; at++) {
    const b = Math.floor(at / frames);
    const t = at % frames;
    for (let n = 0; n < nFft; n++) {
      const s = sampleAt(t * hop + n, left, samples, mirror);
      frame[n] = s < 0 ? 0 : window![n]! * x![b * samples + s]!;
      if (s >= 0 && envelope > 0) frame[n]! /= Math.max(env[left + s]!, envelope);
    }
    for (let k = 0; k < bins; k++) {
      let re = 0;
      let im = 0;
      for (let n = 0, turn = 0; n < nFft; n++, turn = (turn + k) % nFft) {
        re += frame[n]! * cos[turn]!;
        im -= frame[n]! * sin[turn]!;
      }
      const scale = k === 0 || 2 * k === nFft ? edge : interior;
      re *= scale;
      im *= scale;
      const to = (at * bins + k) * width;
      if (output === 'complex') {
        result[to] = re;
        result[to + 1] = im;
      } else if (output === 'power') result[to] = re * re + im * im;
      else if (output === 'magnitude') result[to] = Math.hypot(re, im);
      else result[to] = Math.log(Math.max(Math.hypot(re, im), floor));
    }
  }
  return [result];
}

export function istftReference(problem: IstftProblem, [spectrum, window]: readonly Float64Array[]): Float64Array[] {
  const { batch, samples, frames, nFft, bins, stride } = istftSizes(problem);
  const { hop, left, mirror, edge, interior, envelope } = problem;
  const { cos, sin } = circle(nFft);
  const env = envelopeOf(window!, frames, hop, Math.max(stride, left + samples));
  const result = new Float64Array(batch * samples);
  for (let at = 0; at < batch * frames; at++) {
    const b = Math.floor(at / frames);
    const t = at % frames;
    for (let n = 0; n < nFft; n++) {
      const s = sampleAt(t * hop + n, left, samples, mirror);
      if (s < 0) continue;
      let sum = 0;
      for (let k = 0, turn = 0; k < bins; k++, turn = (turn + n) % nFft) {
        const from = (at * bins + k) * 2;
        const scale = k === 0 || 2 * k === nFft ? edge : interior;
        sum += scale * (spectrum![from]! * cos[turn]! - spectrum![from + 1]! * sin[turn]!);
      }
      result[b * samples + s]! += window![n]! * sum;
    }
  }
  if (envelope > 0) {
    for (let i = 0; i < result.length; i++) result[i]! /= Math.max(env[left + (i % samples)]!, envelope);
  }
  return [result];
}

export function modulusReference({ kind, eps, floor }: ModulusProblem, [x]: readonly Float64Array[]): Float64Array[] {
  const y = new Float64Array(x!.length / 2);
  for (let i = 0; i < y.length; i++) {
    const power = x![2 * i]! ** 2 + x![2 * i + 1]! ** 2;
    y[i] =
      kind === 'power'
        ? power
        : kind === 'magnitude'
          ? Math.sqrt(power + eps)
          : Math.log(Math.max(Math.sqrt(power), floor));
  }
  return [y];
}

export function modulusGradientReference(
  { kind, eps, floor }: ModulusGradientProblem,
  [x, g]: readonly Float64Array[],
): Float64Array[] {
  const dx = new Float64Array(x!.length);
  for (let i = 0; i < g!.length; i++) {
    const power = x![2 * i]! ** 2 + x![2 * i + 1]! ** 2;
    const slope =
      kind === 'power' ? 2 : kind === 'magnitude' ? 1 / Math.sqrt(power + eps) : power > floor * floor ? 1 / power : 0;
    dx[2 * i] = g![i]! * slope * x![2 * i]!;
    dx[2 * i + 1] = g![i]! * slope * x![2 * i + 1]!;
  }
  return [dx];
}
