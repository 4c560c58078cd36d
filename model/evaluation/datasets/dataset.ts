/** What systems are measured on: clips of which the picture, the moments that should sound, and often the sound are known. */

import type { Clip } from '../../media/index.js';
import type { ReferenceEvent } from '../metrics/event-matching.js';
import type { ReportClip } from '../report/report.js';

/** Hz at which all sounds are measured, those of the clips and those of systems; what lies above 8 kHz is not judged. */
export const SOUND_RATE = 16_000;

/** A clip as its dataset lists it; nothing of it has been opened. */
export interface DatasetEntry {
  /** Unique in the dataset: the path within the media folder, without the ending. */
  name: string;
  /** The video file. */
  path: string;
  /**
   * Where the true sound is: `own`, in the video file; `own if any`, there if it has sound; `none`, unknown or not to be
   * used; else the path of a sound file.
   */
  sound: 'own' | 'own if any' | 'none' | { path: string };
  /** As annotated, rising in time; undefined: they are found when the clip is opened. */
  events?: readonly ReferenceEvent[] | undefined;
  /** Seconds by which the true sound is later than the picture. */
  offset: number;
  class?: string | undefined;
  licence?: string | undefined;
  split?: string | undefined;
}

export interface Dataset {
  name: string;
  description?: string | undefined;
  licence?: string | undefined;
  /** At least one, by names that differ. */
  entries: readonly DatasetEntry[];
}

/** A clip that was opened, with everything that it is measured by. */
export interface DatasetClip {
  name: string;
  path: string;
  clip: Clip;
  /** Length of the picture. */
  seconds: number;
  /** The true sound: mono at `SOUND_RATE` in [−1, 1], as long as the picture; undefined where it is not known. */
  sound?: Float32Array | undefined;
  /** In picture time, rising; empty for what has no distinct onsets. */
  events: readonly ReferenceEvent[];
  eventSource: ReportClip['eventSource'];
  /** Seconds by which the true sound is later than the picture. */
  offset: number;
  class?: string | undefined;
  licence?: string | undefined;
  split?: string | undefined;
}
