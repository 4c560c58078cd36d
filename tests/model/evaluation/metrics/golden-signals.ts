/** The sounds and frames of tests/oracle/synchrony.py, by the same formulas, and its goldens. */

import { join } from 'node:path';
import { openSafetensors, withFile } from '../../../../weights/index.js';
import { GOLDENS } from '../../../harness/goldens.js';

export interface SoundRecipe {
  rate: number;
  samples: number;
  /** Level of the noise under all parts. */
  bed: number;
  seed: number;
  parts: readonly {
    /** Sample at which it begins, and samples of its attack. */
    start: number;
    attack: number;
    level: number;
    /** Seconds. */
    decay: number;
    hz: number;
    /** Hz a second, half. */
    sweep: number;
    tone: number;
    noise: number;
    seed: number;
  }[];
}

export interface VideoRecipe {
  width: number;
  height: number;
  frames: number;
  frameRate: number;
  /** Pixels that the background has moved by each frame. */
  pan: readonly number[];
  spots: readonly { x: readonly number[]; y: readonly number[]; radius: number; level: number }[];
  noise: number;
  seed: number;
}

export interface OnsetGolden {
  sound: SoundRecipe;
  /** Sum of |samples|. */
  check: number;
  detector: readonly number[];
  librosa: readonly number[];
}

export interface AlignGolden {
  kind: string;
  video: VideoRecipe;
  sound: SoundRecipe;
  check: { frames: number; sound: number };
  flow: readonly number[];
  motionPeaks: readonly number[];
  onsets: readonly number[];
  avAlign: number | null;
  /** Of the sound without its first part. */
  withoutFirst: readonly number[];
  aaAlign: number | null;
}

/** What the oracle wrote under that name. */
export async function readGolden<T>(name: string): Promise<T> {
  return withFile(join(GOLDENS, `${name}.safetensors`), async (source) => {
    const { metadata } = await openSafetensors(source);
    return JSON.parse(metadata.config!);
  });
}

export function renderSound({ rate, samples, bed, seed, parts }: SoundRecipe): Float32Array {
  const sound = noise(seed, samples).map((value) => bed * value);
  for (const part of parts) {
    const own = part.noise > 0 ? noise(part.seed, samples - part.start) : undefined;
    for (let n = 0; n < samples - part.start; n++) {
      const t = n / rate;
      const envelope = part.level * Math.min(1, (n + 1) / part.attack) * Math.exp(-t / part.decay);
      const tone = part.tone * Math.sin(2 * Math.PI * (part.hz * t + part.sweep * t * t));
      sound[part.start + n]! += envelope * (tone + (own ? part.noise * own[n]! : 0));
    }
  }
  return Float32Array.from(sound, (value) => Math.floor(Math.min(0.999, Math.max(-1, value)) * 32768 + 0.5) / 32768);
}

/** Marsaglia's xorshift of 32 bits, as numbers from −1 to 1. */
function noise(seed: number, count: number): Float64Array {
  let x = seed;
  return new Float64Array(count).map(() => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 31 - 1;
  });
}

export function renderFrames(recipe: VideoRecipe): Uint8Array[] {
  const { width, height, spots } = recipe;
  return Array.from({ length: recipe.frames }, (_, t) => {
    const frame = new Uint8Array(width * height);
    for (let i = 0; i < frame.length; i++) {
      const [x, y] = [i % width, Math.floor(i / width)];
      const at = x + recipe.pan[t]!;
      let value = 110 + 30 * Math.sin(0.31 * at + 0.17 * y) + 20 * Math.sin(0.23 * y - 0.11 * at);
      for (const spot of spots) {
        const [dx, dy] = [x - spot.x[t]!, y - spot.y[t]!];
        const near = Math.exp(-(dx * dx + dy * dy) / spot.radius ** 2);
        value += spot.level * near * (1 + 0.5 * Math.sin(0.9 * dx + 0.7 * dy));
      }
      value += recipe.noise * hashed(t * frame.length + recipe.seed + i);
      frame[i] = Math.floor(Math.min(255, Math.max(0, value)) + 0.5);
    }
    return frame;
  });
}

/** From −1 to 1. */
function hashed(key: number): number {
  let h = key >>> 0;
  for (let i = 0; i < 2; i++) h = Math.imul(h ^ (h >>> 16), 0x45d9f3b) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
}
