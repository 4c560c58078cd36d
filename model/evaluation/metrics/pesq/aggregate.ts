/** From the disturbances of frames to one score (P.862, 10.2.11 to 10.2.13). */

import type { Disturbances } from './perceptual-model.js';

/** Frames of a syllable (320 ms); one begins every half. */
const SYLLABLE = 20;
/** Frames (16 s) beyond which the later ones weigh more. */
const LONG = 1000;
const [SYMMETRIC_WEIGHT, ASYMMETRIC_WEIGHT] = [0.1, 0.0309];
const LARGEST = 45;

/** The raw PESQ score: 4.5 for no disturbance, about −.5 at worst. */
export function rawScore(disturbances: Disturbances): number {
  const { symmetric, asymmetric } = disturbances;
  return (
    4.5 -
    SYMMETRIC_WEIGHT * aggregate(symmetric, disturbances) -
    ASYMMETRIC_WEIGHT * aggregate(asymmetric, disturbances)
  );
}

/** L6 norm within syllables, L2 norm over them: single bad moments count more than their share. */
function aggregate(values: Float64Array, { power, first, frames }: Disturbances): number {
  const weighted = values.map((value, frame) => Math.min(LARGEST, value / ((power[frame]! + 1e5) / 1e7) ** 0.04));
  const timeWeight = weightOverTime(weighted.length, frames);
  let [sum, weights] = [0, 0];
  for (let start = first; start < weighted.length; start += SYLLABLE / 2) {
    let syllable = 0;
    for (const value of weighted.subarray(start, start + SYLLABLE)) syllable += value ** 6 / SYLLABLE;
    const weight = timeWeight(start - first);
    sum += (weight * syllable ** (1 / 6)) ** 2;
    weights += weight ** 2;
  }
  return Math.sqrt(sum / weights);
}

/** 1 for short signals; of long ones the start weighs down to half as much as the end. */
function weightOverTime(count: number, frames: number): (frame: number) => number {
  if (count <= LONG) return () => 1;
  const factor = Math.min(0.5, (frames - LONG) / 5500);
  return (frame) => 1 - factor + (factor * frame) / frames;
}
