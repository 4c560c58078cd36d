/**
 * Detects the onsets of a recording: the measure of whether generated sound begins when the video shows it.
 *
 * Spectral flux with a maximum filter (SuperFlux: Böck and Widmer, DAFx 2013) against an absolute threshold in dB. A
 * threshold relative to the clip's own loudest flux, as is usual, would find "onsets" in steady noise.
 *
 * Its constants are frozen: scores compare only where the detector is the same. docs/evaluation.md documents it.
 */

import type { ScoredOnset } from './average-precision.js';
import { resample } from './resample.js';
import { melFilters, melPowers, stftMagnitudes } from './stft.js';

const RATE = 22_050;
const SIZE = 512;
const HOP = 220;
const BANDS = 40;
const [LOW, HIGH] = [60, 10_000];
/** dB under the clip's loudest band that count as silence. */
const RANGE = 50;
const LAG = 2;
/** dB that the mean rise over all bands must exceed its local mean by. */
const THRESHOLD = 2.5;
const MEAN_REACH = 10;
const PEAK_REACH = 3;
const WAIT = 6;
/** The flux peaks this many seconds after the sound begins. */
const DELAY = 0.005;
/** dB under the clip's loudest frame below which nothing counts. */
const FAINT = 45;

/** An onset that was detected. */
export interface DetectedOnset extends ScoredOnset {
  /** dB by which the flux exceeds the threshold, from 0 on. */
  confidence: number;
}

/**
 * @param sound mono
 * @param sampleRate a whole number of Hz
 * @returns seconds of the onsets, rising, at least 69 ms apart
 */
export function detectOnsets(sound: Float32Array, sampleRate: number): number[] {
  return detectScoredOnsets(sound, sampleRate).map(({ time }) => time);
}

/** The same onsets, with the confidence of each. */
export function detectScoredOnsets(sound: Float32Array, sampleRate: number): DetectedOnset[] {
  const flux = spectralFlux(resample(sound, sampleRate, RATE));
  const loudness = frameLoudness(sound, sampleRate, flux.length);
  const loudest = loudness.reduce((most, each) => Math.max(most, each), 0);
  const faint = loudest * 10 ** (-FAINT / 20);
  const onsets: DetectedOnset[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < flux.length; i++) {
    if (i - last <= WAIT || loudness[i]! <= faint) continue;
    const confidence = flux[i]! - localMean(flux, i) - THRESHOLD;
    if (confidence < 0 || !isHighest(flux, i)) continue;
    onsets.push({ time: Math.max(0, (i * HOP) / RATE - DELAY), confidence });
    last = i;
  }
  return onsets;
}

function localMean(flux: Float64Array, i: number): number {
  const [from, to] = [Math.max(0, i - MEAN_REACH), Math.min(flux.length - 1, i + MEAN_REACH)];
  let sum = 0;
  for (let j = from; j <= to; j++) sum += flux[j]!;
  return sum / (to - from + 1);
}

function isHighest(flux: Float64Array, i: number): boolean {
  for (let j = Math.max(0, i - PEAK_REACH); j <= Math.min(flux.length - 1, i + PEAK_REACH); j++) {
    if (flux[j]! > flux[i]!) return false;
  }
  return true;
}

/** Mean over the mel bands of the rise, in dB, over two frames, the earlier one widened to its neighboring bands. */
function spectralFlux(sound: Float32Array): Float64Array {
  const spectrogram = stftMagnitudes(sound, SIZE, HOP);
  const levels = melPowers(spectrogram, melFilters(RATE, SIZE, BANDS, LOW, HIGH), BANDS);
  let loudest = 1e-10;
  for (const power of levels) loudest = Math.max(loudest, power);
  for (let i = 0; i < levels.length; i++) {
    levels[i] = Math.max(-RANGE, 10 * Math.log10(Math.max(levels[i]!, 1e-10) / loudest));
  }
  const flux = new Float64Array(spectrogram.frames);
  for (let f = LAG; f < spectrogram.frames; f++) {
    const before = (f - LAG) * BANDS;
    for (let band = 0; band < BANDS; band++) {
      let widened = levels[before + band]!;
      if (band > 0) widened = Math.max(widened, levels[before + band - 1]!);
      if (band < BANDS - 1) widened = Math.max(widened, levels[before + band + 1]!);
      flux[f]! += Math.max(0, levels[f * BANDS + band]! - widened) / BANDS;
    }
  }
  return flux;
}

/** Root mean square of the sound around each flux frame. */
function frameLoudness(sound: Float32Array, sampleRate: number, frames: number): Float64Array {
  const loudness = new Float64Array(frames);
  const hop = (HOP / RATE) * sampleRate;
  const half = ((SIZE / RATE) * sampleRate) / 2;
  for (let f = 0; f < frames; f++) {
    const from = Math.max(0, Math.floor(f * hop - half));
    const to = Math.min(sound.length, Math.floor(f * hop + half));
    let sum = 0;
    for (let i = from; i < to; i++) sum += sound[i]! * sound[i]!;
    loudness[f] = Math.sqrt(sum / Math.max(1, to - from));
  }
  return loudness;
}
