/**
 * AV-Align as published (Yariv et al., Diverse and Aligned Audio-to-Video Generation via Text-to-Video Model Adaptation,
 * AAAI 2024; `av_align.py` of TempoTokens), to compare with papers that report it. Its flaws are kept: docs/evaluation.md
 * lists them. For a judgement use SyncScore.
 */

import { EvaluationError } from '../errors.js';
import { meanFlowMagnitudes } from './farneback-flow.js';
import { librosaOnsets } from './librosa-onsets.js';
import { peakIntersection } from './peak-intersection.js';

/** A video at a constant frame rate. */
export interface GreyVideo {
  /** Grey, [height, width] each; `greyFrame` makes them as OpenCV does. */
  frames: readonly Uint8Array[];
  width: number;
  height: number;
  /** Frames a second. */
  frameRate: number;
}

/**
 * The score of a video and a sound, 0 and up: onsets of the sound that lie within one frame of a peak of motion, over all
 * onsets and peaks that are left.
 *
 * @param sound mono
 * @param sampleRate a whole number of Hz
 * @returns null where neither has a peak
 */
export function avAlign(video: GreyVideo, sound: Float32Array, sampleRate: number): number | null {
  return peakIntersection(librosaOnsets(sound, sampleRate), motionPeaks(video), 1 / video.frameRate);
}

/**
 * Seconds at which the mean length of the optical flow from the frame before is a strict local maximum.
 *
 * They depend only on the video: for many sounds of one video, compute them once and use `peakIntersection`.
 *
 * @throws {EvaluationError} for frames of another size, or a frame rate that is not positive
 */
export function motionPeaks({ frames, width, height, frameRate }: GreyVideo): number[] {
  if (!(frameRate > 0)) throw new EvaluationError(`AV-Align: the frame rate is ${frameRate}; expected one above 0`);
  const flow = meanFlowMagnitudes(frames, width, height);
  // flow[i] leads to frame i + 1. The published code puts the first one twice, so it is never a peak; nor is the last.
  const peaks: number[] = [];
  for (let i = 1; i + 1 < flow.length; i++) {
    if (flow[i - 1]! < flow[i]! && flow[i]! > flow[i + 1]!) peaks.push((i + 1) / frameRate);
  }
  return peaks;
}

/**
 * RGB to grey as OpenCV's `cvtColor` rounds it: .299 R + .587 G + .114 B (ITU-R BT.601) in 15-bit fixed point.
 *
 * @param rgb [pixels, 3]
 */
export function greyFrame(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = (rgb[3 * i]! * 9798 + rgb[3 * i + 1]! * 19235 + rgb[3 * i + 2]! * 3735 + 16384) >> 15;
  }
  return grey;
}
