/** A sound as a network takes it: finite, and at the network's sample rate. */

import { EvaluationError } from '../errors.js';
import { resample } from '../metrics/resample.js';

export interface SoundPlace {
  /** The tagger's name, and the sound's place among those given, for messages. */
  tagger: string;
  index: number;
  /** Hz. */
  from: number;
  to: number;
}

/**
 * The sound, resampled where its rate is another.
 *
 * @throws {EvaluationError} when it has no samples, or one that is not finite
 */
export function soundAtRate(sound: Float32Array, { tagger, index, from, to }: SoundPlace): Float32Array {
  const odd = sound.findIndex((sample) => !Number.isFinite(sample));
  if (sound.length === 0 || odd >= 0) {
    const found = sound.length === 0 ? 'has no samples' : `is ${sound[odd]} at sample ${odd}`;
    throw new EvaluationError(`${tagger}: sound ${index} ${found}; expected finite samples, at least one`);
  }
  return from === to ? sound : resample(sound, from, to);
}
