/** Training crops: a part of a clip as the encoder's input, augmented, with the targets of encoder and generator. */

import type { Random } from '../../foley/index.js';
import {
  cellFeatures,
  FLOW_PER_TOKEN,
  flowAt,
  SAMPLE_RATE,
  SUBSTEPS,
  TOKEN_RATE,
  TRACKS,
  tokenFeatures,
} from '../../onset/index.js';
import { type AugmentationConfig, augmentFlow, dropCells } from './augmentation.js';
import type { TrainingClip } from './training-clip.js';

export interface CropOptions {
  /** Length in tokens of 40 ms. */
  tokens: number;
  augmentation: AugmentationConfig;
  /** With it, the crop has latents, and its time is not stretched. */
  latentChannels?: number;
}

export interface Crop {
  /** [tokens, 8, 8, 16]. */
  visualFeatures: Float32Array;
  /** Targets at 100 Hz, [tokens·4] each. Onset: a Gaussian of height 1 at each event, the higher where two meet. */
  onset: Float32Array;
  /** Log energy; see `energyAt`. */
  energy: Float32Array;
  /** Null where it is not known. */
  classIndex: number | null;
  /** [tokens, channels]; empty without `latentChannels`. */
  latents: Float32Array;
}

/** σ of the onset target in seconds. */
const ONSET_SIGMA = 0.015;

/** A crop at a random place of the clip. */
export function drawCrop(clip: TrainingClip, random: Random, options: CropOptions): Crop {
  const { tokens, augmentation, latentChannels = 0 } = options;
  const stretch = latentChannels > 0 ? 0 : augmentation.stretch;
  const rate = 2 ** random.uniform(-stretch, stretch);
  const span = (tokens / TOKEN_RATE) * rate;
  const latest = Math.max(0, clip.seconds - span);
  // Crops with latents begin on a token, so that latents and tokens are the same frames.
  const firstToken = random.integer(Math.floor(latest * TOKEN_RATE + 1e-6) + 1);
  const start = latentChannels > 0 ? firstToken / TOKEN_RATE : random.uniform(-0.1, latest + 0.1);

  const flow = flowAt(clip.flow, start, rate / (TOKEN_RATE * FLOW_PER_TOKEN), tokens * FLOW_PER_TOKEN);
  for (let i = 0; i < flow.length; i++) flow[i]! *= rate;
  if (augmentation.flow) augmentFlow(flow, random);
  const features = cellFeatures(flow);
  if (augmentation.dropCells > 0) dropCells(features, random, augmentation.dropCells);

  const steps = tokens * SUBSTEPS;
  const onset = onsetTarget(
    clip.events.map((time) => (time - start) / rate),
    steps,
  );
  const energy = Float32Array.from({ length: steps }, (_, i) =>
    energyAt(clip, start + (i + 0.5) * SUBSTEP_SECONDS * rate),
  );
  const latents =
    latentChannels > 0
      ? clip.latents!.slice(firstToken * latentChannels, (firstToken + tokens) * latentChannels)
      : new Float32Array(0);
  return { visualFeatures: tokenFeatures(features), onset, energy, classIndex: clip.classIndex, latents };
}

const SUBSTEP_SECONDS = 1 / (TOKEN_RATE * SUBSTEPS);

/** A Gaussian of height 1 at each time, in seconds from the crop's start; sample i is at the middle of sub-step i. */
export function onsetTarget(times: readonly number[], steps: number): Float32Array {
  const target = new Float32Array(steps);
  for (const time of times) {
    const middle = Math.floor(time / SUBSTEP_SECONDS);
    for (let i = Math.max(0, middle - 6); i <= Math.min(steps - 1, middle + 6); i++) {
      const distance = ((i + 0.5) * SUBSTEP_SECONDS - time) / ONSET_SIGMA;
      target[i] = Math.max(target[i]!, Math.exp(-0.5 * distance * distance));
    }
  }
  return target;
}

/**
 * The energy target: log(root mean square + 1e-3) / 3.5 + 1.2 of the 10 ms around a time, about −0.8 for silence and 1.2
 * for full scale.
 */
function energyAt(clip: TrainingClip, seconds: number): number {
  const half = SAMPLE_RATE / 200;
  const middle = Math.round(seconds * SAMPLE_RATE);
  const last = clip.squares.length - 1;
  const from = Math.min(last, Math.max(0, middle - half));
  const to = Math.min(last, Math.max(0, middle + half));
  const power = to > from ? Math.max(0, clip.squares[to]! - clip.squares[from]!) / (to - from) : 0;
  return Math.log(Math.sqrt(power) + 1e-3) / 3.5 + 1.2;
}

/**
 * Crops of which the share `share` goes on, from a random token, as its neighbour in the list does (the last one as the first):
 * a cut, at which both picture and sound change. A joined crop of two classes has none.
 */
export function joinNeighbors(crops: readonly Crop[], random: Random, share: number): Crop[] {
  if (share === 0) return [...crops];
  return crops.map((crop, i) => {
    const tokens = crop.onset.length / SUBSTEPS;
    if (!random.chance(share) || tokens < 2) return crop;
    const cut = (1 + random.integer(tokens - 1)) / tokens;
    const next = crops[(i + 1) % crops.length]!;
    const join = (a: Float32Array, b: Float32Array): Float32Array => {
      const at = Math.round(cut * a.length);
      return joined([a.subarray(0, at), b.subarray(at)]);
    };
    return {
      visualFeatures: join(crop.visualFeatures, next.visualFeatures),
      onset: join(crop.onset, next.onset),
      energy: join(crop.energy, next.energy),
      classIndex: crop.classIndex === next.classIndex ? crop.classIndex : null,
      latents: join(crop.latents, next.latents),
    };
  });
}

export interface StackedCrops {
  visualFeatures: Float32Array;
  onset: Float32Array;
  energy: Float32Array;
  classOneHot: Float32Array;
  latents: Float32Array;
}

export function stackCrops(crops: readonly Crop[], classes: number): StackedCrops {
  const classOneHot = new Float32Array(crops.length * classes);
  for (const [i, { classIndex }] of crops.entries()) if (classIndex !== null) classOneHot[i * classes + classIndex] = 1;
  return {
    visualFeatures: joined(crops.map((c) => c.visualFeatures)),
    onset: joined(crops.map((c) => c.onset)),
    energy: joined(crops.map((c) => c.energy)),
    classOneHot,
    latents: joined(crops.map((c) => c.latents)),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Onset and energy, [tokens·4] each → tracks [tokens, 8]: four sub-steps of onset, then four of energy. */
export function concatTracks(onset: Float32Array, energy: Float32Array): Float32Array {
  const tracks = new Float32Array(onset.length * 2);
  for (let i = 0; i < onset.length; i++) {
    const at = Math.floor(i / SUBSTEPS) * TRACKS + (i % SUBSTEPS);
    tracks[at] = onset[i]!;
    tracks[at + SUBSTEPS] = energy[i]!;
  }
  return tracks;
}
