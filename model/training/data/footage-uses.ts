/** Which real clips serve which stage of a training. */

import { SAMPLE_RATE } from '../../foley/labelled-clip.js';
import { TOKEN_RATE } from '../../onset/model.js';
import type { TrainingConfig } from '../config.js';
import { FootageError } from './footage.js';
import type { TrainingClip } from './training-data.js';

export interface FootageUses {
  /** For the codec: all that sounds. */
  heard: TrainingClip[];
  /**
   * For encoder and generator: only clips in which what sounds is seen. The others teach that sound comes from nowhere, and
   * the onset head is then hardly better than its shuffled control (recipe §4b).
   */
  watched: TrainingClip[];
  /** How many are used and how many are too short, in one line for people. */
  summary: string;
}

/**
 * Sorts real clips by the stages that can use them; one must be as long as a stage's crop.
 *
 * @throws FootageError where there is nothing for a stage
 */
export function footageUses(config: TrainingConfig, clips: readonly TrainingClip[]): FootageUses {
  const crop = config.codec.crop / SAMPLE_RATE;
  const tokens = Math.max(config.encoder.tokens, config.generator.tokens) / TOKEN_RATE;
  const heard = clips.filter((clip) => clip.seconds >= crop);
  const caused = clips.filter((clip) => clip.causeSeen);
  const watched = caused.filter((clip) => clip.seconds >= tokens);
  if (heard.length === 0) {
    throw new FootageError(
      `data.footage: none of its ${clips.length} training clips lasts ${crop} s, a crop of the codec`,
    );
  }
  if (watched.length === 0) {
    throw new FootageError(
      `data.footage: ${caused.length} of its ${clips.length} training clips have hit 1 (what sounds is seen), and none of ` +
        `those lasts ${tokens} s, a crop of encoder and generator; add such clips, or leave data.footage out`,
    );
  }
  const short = (all: number, used: number, seconds: number): string =>
    `${used} of ${all}${used < all ? ` (${all - used} shorter than a crop of ${seconds} s)` : ''}`;
  const summary =
    `footage: the codec hears ${short(clips.length, heard.length, crop)} clips; encoder and generator watch ` +
    `${short(caused.length, watched.length, tokens)} with hit 1`;
  return { heard, watched, summary };
}
