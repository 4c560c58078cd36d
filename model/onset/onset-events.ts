/** The onsets that the alignment heads see, as moments. */

import type { SoundEvent } from '../video-to-audio.js';
import { SUBSTEPS, TRACKS } from './alignment.js';
import { TOKEN_RATE } from './model.js';

/** Probability that an onset has at least. */
const LEAST_PROBABILITY = 0.5;

/** Local maxima of the onset probabilities in tracks [tokens, 8], in the first `seconds`. */
export function onsetEvents(tracks: Float32Array, seconds: number): SoundEvent[] {
  const steps = (tracks.length / TRACKS) * SUBSTEPS;
  const probability = (step: number): number =>
    step < 0 || step >= steps ? 0 : tracks[Math.floor(step / SUBSTEPS) * TRACKS + (step % SUBSTEPS)]!;
  const events: SoundEvent[] = [];
  for (let step = 0; step < steps; step++) {
    const here = probability(step);
    const time = (step + 0.5) / (TOKEN_RATE * SUBSTEPS);
    if (here < LEAST_PROBABILITY || here <= probability(step - 1) || here < probability(step + 1)) continue;
    if (time < seconds) events.push({ time, probability: here });
  }
  return events;
}
