/** Mel filters over the bins of an FFT, kept without their zeros. */

import type { Frames } from './spectrum.js';

/** A band's weights, from the bin `first` on. */
export interface MelBand {
  first: number;
  weights: Float64Array;
}

export interface MelBankOptions {
  /** Hz. */
  sampleRate: number;
  /** Samples of the FFT. */
  size: number;
  bands: number;
  /** Edges of the lowest and the highest band in Hz. */
  low: number;
  high: number;
}

/** Hz to mel as HTK and Kaldi have it. */
const htkMel = (hz: number): number => 1127 * Math.log(1 + hz / 700);

/**
 * Triangles of height 1 that are linear over the mel scale of HTK, evenly spaced there: those of Kaldi, and of VGGish.
 * (HTK and Kaldi leave out the bin of the constant; with `low` ≥ 0 its weight is 0 anyway.)
 */
export function htkMelBank({ sampleRate, size, bands, low, high }: MelBankOptions): MelBand[] {
  const lowest = htkMel(low);
  const step = (htkMel(high) - lowest) / (bands + 1);
  const mels = Float64Array.from({ length: size / 2 + 1 }, (_, k) => htkMel((k * sampleRate) / size));
  return Array.from({ length: bands }, (_, band) => {
    const center = lowest + (band + 1) * step;
    return supportOf(mels.map((mel) => Math.max(0, 1 - Math.abs(mel - center) / step)));
  });
}

/** Rows [bands, bins] without the zeros around each. */
export function melBankOf(filters: Float64Array, bands: number): MelBand[] {
  const bins = filters.length / bands;
  return Array.from({ length: bands }, (_, band) => supportOf(filters.subarray(band * bins, (band + 1) * bins)));
}

function supportOf(row: Float64Array): MelBand {
  const first = Math.max(
    0,
    row.findIndex((weight) => weight > 0),
  );
  const last = row.findLastIndex((weight) => weight > 0);
  return { first, weights: row.slice(first, last + 1) };
}

/** Each frame's sum over the bins of each band: [frames, bands]. */
export function melBands({ values, frames, bins }: Frames, bank: readonly MelBand[]): Float64Array {
  const mel = new Float64Array(frames * bank.length);
  for (let f = 0; f < frames; f++) {
    for (const [band, { first, weights }] of bank.entries()) {
      let sum = 0;
      const at = f * bins + first;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * values[at + i]!;
      mel[f * bank.length + band] = sum;
    }
  }
  return mel;
}
