/**
 * AA-Align, Audio-Audio Align, as published (Ren et al., STA-V2A: Video-to-Audio Generation with Semantic and Temporal
 * Alignment, ICASSP 2025; `aa_align.py` of STAV2A, by authors of VTA-LDM): AV-Align with the true sound's onsets in place
 * of the peaks of motion. It has AV-Align's flaws but for the frame rate; docs/evaluation.md lists them.
 */

import { librosaOnsets } from './librosa-onsets.js';
import { peakIntersection } from './peak-intersection.js';

/** Seconds either way within which a generated onset is taken for a true one. */
export const AA_ALIGN_WINDOW = 0.1;

/**
 * @param generated mono
 * @param truth mono, at the same rate
 * @returns 0 and up; null where neither has an onset
 */
export function aaAlign(generated: Float32Array, truth: Float32Array, sampleRate: number): number | null {
  return peakIntersection(librosaOnsets(generated, sampleRate), librosaOnsets(truth, sampleRate), AA_ALIGN_WINDOW);
}
