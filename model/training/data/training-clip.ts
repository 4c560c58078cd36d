/** A clip as the stages draw from it: in memory, with optical flow instead of frames. */

import type { FlowClip } from '../../onset/index.js';

export interface TrainingClip {
  seconds: number;
  /** Mono at the codec's sample rate. */
  sound: Int16Array;
  /** Running sum of the squared sound in [−1, 1], one longer than it: the energy of any part in two look-ups. */
  squares: Float64Array;
  flow: FlowClip;
  /** Seconds at which something is struck, rising. */
  events: number[];
  /** Sound class; null where it is not known, as with footage. */
  classIndex: number | null;
  /** Normalized latents [tokens, channels], once the codec is trained. */
  latents?: Float32Array;
}

export interface DataOptions {
  /** Where caches lie; default: this user's cache folder. */
  cacheFolder?: string;
  onProgress?: (done: number, total: number, what: string) => void;
  signal?: AbortSignal;
}

const FULL_SCALE = 32_767;

/** [samples] in [−1, 1] → 16 bits; what is outside is clipped. */
export function toInt16(sound: Float32Array): Int16Array<ArrayBuffer> {
  return Int16Array.from(sound, (value) => Math.round(Math.min(1, Math.max(-1, value)) * FULL_SCALE));
}

/** `TrainingClip.squares` of a sound. */
export function runningSquares(sound: Int16Array): Float64Array {
  const sums = new Float64Array(sound.length + 1);
  for (let i = 0; i < sound.length; i++) sums[i + 1] = sums[i]! + (sound[i]! / FULL_SCALE) ** 2;
  return sums;
}
