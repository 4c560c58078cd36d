/** How far one sound's spectrum is from another's, in f64: the reference for the losses that train on the GPU. */
import { SAMPLE_RATE } from '../foley/labelled-clip.js';
import { melFilters, melPowers, stftMagnitudes } from './frames.js';

const RESOLUTIONS = [
  [256, 64],
  [512, 128],
  [1024, 256],
  [2048, 512],
] as const;
const [MEL_SIZE, MEL_HOP, MEL_BANDS] = [1024, 160, 80];
const MEL_FLOOR = 1e-4;

/**
 * Σ|A − B| / Σ|B| of STFT magnitudes, averaged over four resolutions (256–2,048): 0 = the same, 1 = as far as silence.
 *
 * @throws RangeError where the lengths differ
 */
export function stftDistance(sound: Float32Array, reference: Float32Array): number {
  sameLength(sound, reference);
  let sum = 0;
  for (const [size, hop] of RESOLUTIONS) {
    const a = stftMagnitudes(sound, size, hop).values;
    const b = stftMagnitudes(reference, size, hop).values;
    let apart = 0;
    let whole = 0;
    for (let i = 0; i < a.length; i++) {
      apart += Math.abs(a[i] - b[i]);
      whole += b[i];
    }
    sum += apart / (whole + 1e-9);
  }
  return sum / RESOLUTIONS.length;
}

/**
 * Mean |log mel A − log mel B| (natural logarithm of mel-filtered magnitudes, 80 bands up to 8 kHz, floor 1e-4).
 *
 * @throws RangeError where the lengths differ
 */
export function logMelDistance(sound: Float32Array, reference: Float32Array): number {
  sameLength(sound, reference);
  const a = logMel(sound);
  const b = logMel(reference);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}

function logMel(sound: Float32Array): Float64Array {
  const filters = melFilters(SAMPLE_RATE, MEL_SIZE, MEL_BANDS, 0, SAMPLE_RATE / 2);
  const powers = melPowers(stftMagnitudes(sound, MEL_SIZE, MEL_HOP), filters, MEL_BANDS);
  return powers.map((power) => Math.log(Math.max(Math.sqrt(power), MEL_FLOOR)));
}

function sameLength(sound: Float32Array, reference: Float32Array): void {
  if (sound.length !== reference.length) {
    throw new RangeError(
      `spectral distance: sounds of ${sound.length} and ${reference.length} samples; cut both to one length first`,
    );
  }
}
