/** Clicks: the plainest sound that has an onset, and the script that sets one wherever the picture changes fast. */

import { Random } from '../../foley/index.js';
import { SOUND_RATE } from '../datasets/dataset.js';
import { frameDifferencePeaks } from '../datasets/frame-differences.js';
import type { System } from './system.js';

/** Seconds in which a click falls to 1/e, and that it lasts. */
const DECAY = 0.008;
const LENGTH = 0.05;
const PEAK = 0.5;

/** Bursts of white noise, all the same, that begin at the times (seconds): mono at `SOUND_RATE`. */
export function clicksAt(times: readonly number[], seconds: number): Float32Array {
  const random = new Random(0, 'click');
  const click = Float32Array.from(
    { length: Math.round(LENGTH * SOUND_RATE) },
    (_, i) => random.uniform(-PEAK, PEAK) * Math.exp(-i / (DECAY * SOUND_RATE)),
  );
  const samples = new Float32Array(Math.round(seconds * SOUND_RATE));
  for (const time of times) {
    const start = Math.round(time * SOUND_RATE);
    for (let i = 0; i < click.length && start + i < samples.length; i++) samples[start + i]! += click[i]!;
  }
  return samples.map((value) => Math.max(-1, Math.min(1, value)));
}

/** A click at each peak of the difference between frames. */
export function clickTrack(): System {
  return {
    name: 'clicks at frame differences',
    kind: 'control',
    description: 'A click wherever neighboring frames differ most: a script of ten lines, and no model.',
    seeded: false,
    async soundFor({ clip, seconds }, { signal }) {
      return { samples: clicksAt(await frameDifferencePeaks(clip, { signal }), seconds), sampleRate: SOUND_RATE };
    },
  };
}
