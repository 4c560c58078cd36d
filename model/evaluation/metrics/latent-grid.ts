/** Whether the spectral peaks of a sound stand on multiples of a codec's latent rate. */

import { resample } from './resample.js';
import { stftMagnitudes } from './stft.js';

const RATE = 16_000;
/** About one second: bins of .98 Hz. */
const SIZE = 16_384;
const HOP = SIZE / 2;
/** Bins on either side that a peak exceeds; the main lobe of a Hann window and its first side lobe are that wide. */
const REACH = 4;
const STRONGEST = 40;
/** Peaks this far below the strongest of their frame may be leakage: 40 dB. */
const RANGE = 1e-2;
/** Hz. */
const [LOW, HIGH] = [50, 7500];
/** Energy of a frame of −60 dBFS under a Hann window, summed over its bins. */
const SILENCE = (1e-6 * 0.375 * SIZE * SIZE) / 2;

/**
 * Share of spectral peaks within 2 Hz of a multiple of the latent rate, 0…1, of all frames of one second: in each the (at most)
 * 40 strongest peaks from 50 Hz to 7.5 kHz.
 *
 * Sound that repeats with the latents has all its peaks there (1). By chance 4 Hz of every 25 Hz are on the grid: .16, what
 * noise gives; recorded sound, with mains hum and music at round frequencies, gives a little more. Blind to anything but
 * periodicity; a single true tone is either on the grid or off it.
 *
 * @param sound mono
 * @param sampleRate a whole number of Hz; other rates than 16 kHz are resampled
 * @param latentRate Hz
 * @returns null where nothing is audible, or for less than a second
 */
export function latentGridShare(sound: Float32Array, sampleRate: number, latentRate = 25): number | null {
  const samples = resample(sound, sampleRate, RATE);
  const { values, frames, bins } = stftMagnitudes(samples, SIZE, HOP);
  let [on, all] = [0, 0];
  // Frames that reach beyond the ends would see the sound's mirror image.
  for (let f = 1; f * HOP + SIZE / 2 <= samples.length && f < frames; f++) {
    for (const hz of peakFrequencies(values.subarray(f * bins, (f + 1) * bins))) {
      all++;
      if (Math.abs(hz - latentRate * Math.round(hz / latentRate)) <= 2) on++;
    }
  }
  return all === 0 ? null : on / all;
}

/** Hz of the strongest peaks of a frame of magnitudes. */
function peakFrequencies(magnitudes: Float64Array): number[] {
  const peaks: number[] = [];
  if (magnitudes.reduce((sum, value) => sum + value * value, 0) < SILENCE) return peaks;
  const last = Math.floor((HIGH * SIZE) / RATE);
  let strongest = 0;
  for (let k = Math.ceil((LOW * SIZE) / RATE); k <= last; k++) {
    strongest = Math.max(strongest, magnitudes[k]!);
    if (isPeak(magnitudes, k)) peaks.push(k);
  }
  return peaks
    .filter((k) => magnitudes[k]! >= RANGE * strongest)
    .sort((a, b) => magnitudes[b]! - magnitudes[a]!)
    .slice(0, STRONGEST)
    .map((k) => ((k + vertex(magnitudes, k)) * RATE) / SIZE);
}

function isPeak(magnitudes: Float64Array, k: number): boolean {
  for (let i = k - REACH; i <= k + REACH; i++) if (i !== k && magnitudes[i]! >= magnitudes[k]!) return false;
  return true;
}

/** Where between the bins the peak stands: the vertex of a parabola through three log magnitudes. */
function vertex(magnitudes: Float64Array, k: number): number {
  const [a, b, c] = [k - 1, k, k + 1].map((i) => Math.log(magnitudes[i]! + 1e-12)) as [number, number, number];
  return (0.5 * (a - c)) / (a - 2 * b + c);
}
