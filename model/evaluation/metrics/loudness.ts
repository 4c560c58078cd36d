/** How loud a sound is, and whether it is clipped: what matters to whoever mixes it. */

import { integratedLoudness, loudnessRange, truePeak } from '../../media/index.js';

/** The largest 16-bit sample. */
const FULL_SCALE = 32_767 / 32_768;

export interface Loudness {
  /**
   * Integrated loudness, LUFS (ITU-R BS.1770-4, EBU R 128): of 400 ms blocks louder than −70 LUFS and than 10 LU under their
   * mean; null for silence and for less than 0.4 s.
   */
  integrated: number | null;
  /** Loudness range, LU (EBU Tech 3342); meant for programs of a minute: null below 3 s, little use below 10 s. */
  range: number | null;
  /** The highest level between samples, dBTP (8× oversampling, 4 being what BS.1770-4 asks for); null for silence. */
  truePeak: number | null;
  /** Share of samples at or above the largest 16-bit value, 0…1; blind to clipping that was turned down afterwards. */
  clipped: number;
}

/**
 * @param sound mono (counts as one front channel)
 * @param sampleRate Hz
 */
export function measureLoudness(sound: Float32Array, sampleRate: number): Loudness {
  let clipped = 0;
  for (const value of sound) if (Math.abs(value) >= FULL_SCALE) clipped++;
  return {
    integrated: finite(integratedLoudness(sound, sampleRate)),
    range: loudnessRange(sound, sampleRate),
    truePeak: finite(truePeak(sound)),
    clipped: sound.length === 0 ? 0 : clipped / sound.length,
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
