/** Which real clips serve which stage of a training. */

import type { FootageClip } from './footage-clips.js';
import { FootageError } from './footage-manifest.js';

export interface FootageSelection {
  /** For the codec: all clips that are long enough. */
  codec: FootageClip[];
  /**
   * For encoder and generator: only clips in which the source of the sound is visible. The others teach that sound has no
   * visible cause, and the onset head is then hardly better than its shuffled control (recipe §4b).
   */
  generator: FootageClip[];
  /** How many are used and how many are too short, in one line for people. */
  summary: string;
}

/** Seconds that a stage's crop lasts. */
export interface CropSeconds {
  codec: number;
  generator: number;
}

/**
 * Selects the clips that each stage can use; a clip must be as long as the stage's crop.
 *
 * @throws {FootageError} when there is no clip for a stage
 */
export function selectFootage(clips: readonly FootageClip[], crop: CropSeconds): FootageSelection {
  const codec = clips.filter((clip) => clip.seconds >= crop.codec);
  const visible = clips.filter((clip) => clip.sourceVisible);
  const generator = visible.filter((clip) => clip.seconds >= crop.generator);
  if (codec.length === 0) {
    throw new FootageError(
      `data.footage: none of its ${clips.length} training clips lasts ${crop.codec} s, a crop of the codec`,
    );
  }
  if (generator.length === 0) {
    throw new FootageError(
      `data.footage: ${visible.length} of its ${clips.length} training clips have hit 1 (the source of the sound is visible), and none of ` +
        `those lasts ${crop.generator} s, a crop of encoder and generator; add such clips, or leave data.footage out`,
    );
  }
  const share = (all: number, used: number, seconds: number): string =>
    `${used} of ${all}${used < all ? ` (${all - used} shorter than a crop of ${seconds} s)` : ''}`;
  const summary =
    `footage: the codec uses ${share(clips.length, codec.length, crop.codec)} clips; encoder and generator use ` +
    `${share(visible.length, generator.length, crop.generator)} with hit 1`;
  return { codec, generator, summary };
}
