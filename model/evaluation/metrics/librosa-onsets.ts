/**
 * The onsets that librosa finds at its defaults: `onset_detect` over `onset_strength`, as of librosa 0.11.
 *
 * AV-Align and AA-Align are defined with it; nothing else here uses it. Its threshold is a share of the clip's own
 * largest flux, so steady noise is full of onsets: the project's detector is in `onset-detection.ts`.
 */

import { resample } from './resample.js';
import { melFilters, melPowers, stftMagnitudes } from './stft.js';

/** What `librosa.load` resamples every file to. */
const RATE = 22_050;
const SIZE = 2048;
const HOP = 512;
const BANDS = 128;
/** dB under the loudest power that are kept. */
const RANGE = 80;
/** Frames by which the strength is moved to make up for its lag of 1 and for the centered frames. */
const SHIFT = 1 + SIZE / (2 * HOP);

/** Of the peak picking, in frames of 23 ms: 30 ms and 100 ms, rounded down. The later ends are exclusive. */
const MAXIMUM_BEFORE = 1;
const MEAN_BEFORE = 4;
const MEAN_AFTER = 5;
const WAIT = 1;
/** Over the local mean, of a strength normalized to 0…1. */
const DELTA = 0.07;

/**
 * @param sound mono
 * @param sampleRate a whole number of Hz; other than 22,050 Hz is resampled, with a filter that is not librosa's
 * @returns seconds of the onsets, rising: multiples of 512 / 22,050
 */
export function librosaOnsets(sound: Float32Array, sampleRate: number): number[] {
  return peaks(normalized(onsetStrength(resample(sound, sampleRate, RATE)))).map((frame) => (frame * HOP) / RATE);
}

/** Mean over the mel bands of the rise in dB from one frame to the next. */
function onsetStrength(sound: Float32Array): Float64Array {
  const spectrogram = stftMagnitudes(sound, SIZE, HOP, 'zeros');
  const levels = melPowers(spectrogram, melFilters(RATE, SIZE, BANDS, 0, RATE / 2), BANDS);
  let loudest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < levels.length; i++) {
    levels[i] = 10 * Math.log10(Math.max(1e-10, levels[i]!));
    loudest = Math.max(loudest, levels[i]!);
  }
  for (let i = 0; i < levels.length; i++) levels[i] = Math.max(levels[i]!, loudest - RANGE);
  const strength = new Float64Array(spectrogram.frames);
  for (let f = SHIFT; f < strength.length; f++) {
    const at = (f - SHIFT) * BANDS;
    for (let band = at; band < at + BANDS; band++) {
      strength[f]! += Math.max(0, levels[band + BANDS]! - levels[band]!) / BANDS;
    }
  }
  return strength;
}

/** To 0…1; all 0 where nothing rises. */
function normalized(strength: Float64Array): Float64Array {
  const least = strength.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = strength.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most > least ? strength.map((value) => (value - least) / (most - least)) : new Float64Array(strength.length);
}

/** `librosa.util.peak_pick`: no lower than the frame before, above the local mean, and not just after another. */
function peaks(strength: Float64Array): number[] {
  const found: number[] = [];
  for (let n = 0; n < strength.length; n++) {
    const before = Math.max(0, n - MAXIMUM_BEFORE);
    if (strength[n]! < strength[before]!) continue;
    const around = strength.subarray(Math.max(0, n - MEAN_BEFORE), n + MEAN_AFTER);
    const mean = around.reduce((a, b) => a + b, 0) / around.length;
    if (strength[n]! < mean + DELTA) continue;
    found.push(n);
    n += WAIT;
  }
  return found;
}
