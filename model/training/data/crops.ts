/** Training crops: a part of a clip as the encoder's input, augmented, with the targets of encoder and generator. */

import type { Random } from '../../foley/index.js';
import {
  CELL_FEATURES,
  cellFeatures,
  FLOW_CHANNELS,
  FLOW_PER_TOKEN,
  flowAt,
  GRID,
  SAMPLE_RATE,
  SUBSTEPS,
  TOKEN_RATE,
  TRACKS,
  tokenFeatures,
} from '../../onset/index.js';
import type { TrainingClip } from './training-clip.js';

export interface CropOptions {
  /** Length in tokens of 40 ms. */
  tokens: number;
  /** Time runs up to 2^±stretch faster: multi-scale temporal augmentation. 0 where the crop's latents are needed. */
  stretch: number;
  /** With it, the crop has latents. */
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
  const { tokens, stretch, latentChannels = 0 } = options;
  const rate = 2 ** random.uniform(-stretch, stretch);
  const span = (tokens / TOKEN_RATE) * rate;
  const latest = Math.max(0, clip.seconds - span);
  // Crops with latents begin on a token, so that latents and tokens are the same frames.
  const firstToken = random.integer(Math.floor(latest * TOKEN_RATE + 1e-6) + 1);
  const start = latentChannels > 0 ? firstToken / TOKEN_RATE : random.uniform(-0.1, latest + 0.1);

  const flow = flowAt(clip.flow, start, rate / (TOKEN_RATE * FLOW_PER_TOKEN), tokens * FLOW_PER_TOKEN);
  for (let i = 0; i < flow.length; i++) flow[i]! *= rate;
  augmentFlow(flow, random);
  const features = cellFeatures(flow);
  dropCells(features, random);

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

/** Mirrors, scales (faster or slower motion at the same times), shifts and adds noise: nothing that moves an onset. */
function augmentFlow(flow: Float32Array, random: Random): void {
  const frame = GRID * GRID * FLOW_CHANNELS;
  const mirrorX = random.chance(0.5);
  const mirrorY = random.chance(0.3);
  const gain = 2 ** random.uniform(-1, 1);
  const [shiftX, shiftY] = random.chance(0.5) ? [random.integer(5) - 2, random.integer(5) - 2] : [0, 0];
  const noise = random.chance(0.3) ? 0.05 : 0;
  const copy = new Float32Array(frame);
  for (let at = 0; at < flow.length; at += frame) {
    copy.set(flow.subarray(at, at + frame));
    for (let y = 0; y < GRID; y++) {
      for (let x = 0; x < GRID; x++) {
        const fromX = (mirrorX ? GRID - 1 - x : x) + shiftX;
        const fromY = (mirrorY ? GRID - 1 - y : y) + shiftY;
        const from = (((fromY + GRID) % GRID) * GRID + ((fromX + GRID) % GRID)) * FLOW_CHANNELS;
        const to = at + (y * GRID + x) * FLOW_CHANNELS;
        for (let c = 0; c < FLOW_CHANNELS; c++) {
          const flip = (c === 0 && mirrorX) || (c === 1 && mirrorY) ? -1 : 1;
          flow[to + c] = copy[from + c]! * flip * gain + (noise > 0 ? random.normal(0, noise) : 0);
        }
      }
    }
  }
}

/** Sets random cells to zero for the whole crop (dropout), so that no single cell is relied on. */
function dropCells(features: Float32Array, random: Random): void {
  const cells = GRID * GRID;
  const share = random.uniform(0, 0.4);
  const kept = Array.from({ length: cells }, () => !random.chance(share));
  for (let i = 0; i < features.length; i++) {
    if (!kept[Math.floor(i / CELL_FEATURES) % cells]) features[i] = 0;
  }
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
