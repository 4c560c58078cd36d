/** The mel spectra that AudioLDM's autoencoder and vocoder were trained on. */

import { logMel, type Tensor } from '../../engine/engine.js';

/** Sample rate of the published networks, Hz. */
export const SAMPLE_RATE = 16_000;
/** Samples of sound to a mel frame. */
export const MEL_HOP = 160;

/**
 * Sound [B, S] at 16 kHz → [B, 1 + ⌊S/160⌋, 64]: magnitudes of 1024-sample Hann frames centred 10 ms apart, the ends
 * mirrored, in 64 mel bands up to 8 kHz (Slaney's scale and area), as ln max(magnitude, 1e-5). Training cut the 1025 frames
 * of 163,840 samples to 1024; this does not. ShapeError for sound too short to mirror (512 samples or fewer).
 */
export function audioLdmMel(sound: Tensor): Tensor {
  return logMel(sound, {
    sampleRate: SAMPLE_RATE,
    nFft: 1024,
    hop: MEL_HOP,
    bands: 64,
    lowest: 0,
    highest: 8000,
    floor: 1e-5,
  });
}
