/** What is evaluated: anything that gives a sound for a clip. */

import type { SoundEvent } from '../../video-to-audio.js';
import type { DatasetClip } from '../datasets/dataset.js';
import type { SystemReport } from '../report/report.js';

export interface SystemCall {
  /** From 0 to 2³² − 1. */
  seed: number;
  /** The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface SystemSound {
  /** Mono in [−1, 1], from the first frame on; what differs from the picture's length is cut or followed by silence. */
  samples: Float32Array;
  /** A whole number of Hz. */
  sampleRate: number;
  /** Onsets that the system itself predicts, where it does, in the time of its sound. */
  events?: readonly SoundEvent[] | undefined;
}

/** A system under test, a reference, or a control. */
export interface System {
  /** As the report calls it; unique in an evaluation. */
  readonly name: string;
  readonly kind: SystemReport['kind'];
  /** One sentence: what it is, with which weights and options. */
  readonly description: string;
  /** Whether the sound depends on the seed; if not, it is made once for all seeds. */
  readonly seeded: boolean;
  /** Its sounds are late by the offset of the clip, as the true audio is; those of others should hit with the picture. */
  readonly hasOffset?: boolean;
  /**
   * Everything that the sound depends on beside clip and seed, where it is so dear that sounds are kept on disk; a function
   * where that is not the same for each seed.
   */
  readonly cacheKey?: string | ((seed: number) => string);
  /**
   * The sound for a clip; undefined where it has none by its nature, such as the true audio of a silent clip.
   *
   * @throws {OnsetError} where it should have one: the clip is then reported as failed
   */
  soundFor(clip: DatasetClip, call: SystemCall): Promise<SystemSound | undefined>;
  dispose?(): Promise<void>;
}

/** Gives the sound of a system, from where it is kept or newly made. */
export type SoundOf = (system: System, clip: DatasetClip, call: SystemCall) => Promise<SystemSound | undefined>;
