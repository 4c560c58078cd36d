/** Distance of the spectra of two sounds. */

import { EvaluationError } from '../errors.js';
import { stftMagnitudes } from './stft.js';

/** FFT size and hop of each STFT. */
const RESOLUTIONS = [
  [256, 64],
  [512, 128],
  [1024, 256],
  [2048, 512],
] as const;

/**
 * Σ|A − B| / Σ|B| of STFT magnitudes, averaged over four resolutions (256–2,048): 0 = the same, 1 = as far as silence.
 *
 * @throws {EvaluationError} when the lengths differ
 */
export function stftDistance(sound: Float32Array, reference: Float32Array): number {
  requireSameLength(sound, reference);
  let sum = 0;
  for (const [size, hop] of RESOLUTIONS) {
    const a = stftMagnitudes(sound, size, hop).values;
    const b = stftMagnitudes(reference, size, hop).values;
    let difference = 0;
    let total = 0;
    for (let i = 0; i < a.length; i++) {
      difference += Math.abs(a[i]! - b[i]!);
      total += b[i]!;
    }
    sum += difference / (total + 1e-9);
  }
  return sum / RESOLUTIONS.length;
}

function requireSameLength(sound: Float32Array, reference: Float32Array): void {
  if (sound.length !== reference.length) {
    throw new EvaluationError(
      `spectral distance: sounds of ${sound.length} and ${reference.length} samples; cut both to one length first`,
    );
  }
}
