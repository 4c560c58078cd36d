/** Controls: what is scored without seeing the video. A figure says something only beside theirs. */

import { Random } from '../../foley/index.js';
import { type DatasetClip, SOUND_RATE } from '../datasets/dataset.js';
import { EvaluationError } from '../errors.js';
import { clicksAt } from './clicks.js';
import type { SoundOf, System, SystemSound } from './system.js';

/** Name of the control of a system. */
export const shuffledName = (system: string): string => `${system}, shuffled video`;

/**
 * The system's own sounds, each heard with another clip: that of the clip some places on, cyclically, by a number that the
 * seed draws. A system that sees nothing scores the same with these as with its own. A sound that is shorter than the clip
 * is repeated, a longer one cut.
 *
 * @param clips those on which the system has a sound
 * @throws {EvaluationError} for fewer than two clips
 */
export function shuffledVideo(base: System, clips: readonly DatasetClip[], soundOf: SoundOf): System {
  const name = shuffledName(base.name);
  if (clips.length < 2) throw new EvaluationError(`${name}: ${clips.length} clip; two or more are needed`);
  return {
    name,
    kind: 'control',
    description: `The sounds of ${base.name}, each with the video of another clip.`,
    seeded: true,
    async soundFor(clip, call) {
      const shift = 1 + new Random(call.seed, 'shuffled video').integer(clips.length - 1);
      const other = clips[(clips.indexOf(clip) + shift) % clips.length]!;
      const sound = await soundOf(base, other, call);
      return sound && repeated(sound, clip.seconds);
    },
  };
}

/** The sound from its beginning to the clip's end, over again where it is shorter. */
function repeated({ samples, sampleRate }: SystemSound, seconds: number): SystemSound {
  const length = Math.round(seconds * sampleRate);
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) out[i] = samples[i % samples.length]!;
  return { samples: out, sampleRate };
}

/** The system's own sound, rotated in time by a quarter to three quarters of its length, as the seed draws. */
export function rotatedInTime(base: System, soundOf: SoundOf): System {
  return {
    name: `${base.name}, rotated in time`,
    kind: 'control',
    description: `The sounds of ${base.name}, each rotated in time by at least a quarter of its length: the right sound at the wrong moments.`,
    seeded: true,
    async soundFor(clip, call) {
      const sound = await soundOf(base, clip, call);
      if (!sound) return undefined;
      const { samples, sampleRate } = sound;
      const share = new Random(call.seed, `rotation of ${clip.name}`).uniform(0.25, 0.75);
      const by = Math.round(share * samples.length);
      const rotated = new Float32Array(samples.length);
      rotated.set(samples.subarray(samples.length - by));
      rotated.set(samples.subarray(0, samples.length - by), by);
      return { samples: rotated, sampleRate };
    },
  };
}

export function silence(): System {
  return {
    name: 'silence',
    kind: 'control',
    description: 'No sound at all.',
    seeded: false,
    soundFor: async ({ seconds }) => ({ samples: new Float32Array(lengthOf(seconds)), sampleRate: SOUND_RATE }),
  };
}

/** Root mean square of the white noise: −20 dBFS. */
const NOISE_LEVEL = 0.1;

export function whiteNoise(): System {
  return {
    name: 'white noise',
    kind: 'control',
    description: 'Steady white noise at −20 dBFS.',
    seeded: true,
    async soundFor({ name, seconds }, { seed }) {
      const random = new Random(seed, `white noise of ${name}`);
      const samples = Float32Array.from({ length: lengthOf(seconds) }, () =>
        Math.max(-1, Math.min(1, random.normal(0, NOISE_LEVEL))),
      );
      return { samples, sampleRate: SOUND_RATE };
    },
  };
}

/** As many clicks as the clip has events, at random times. */
export function randomOnsets(): System {
  return {
    name: 'random onsets',
    kind: 'control',
    description: 'As many clicks as the clip has events (without the optional ones), at random times.',
    seeded: true,
    async soundFor({ name, seconds, events }, { seed }) {
      const random = new Random(seed, `random onsets of ${name}`);
      const times = events.filter(({ optional }) => !optional).map(() => random.uniform(0, seconds));
      return { samples: clicksAt(times, seconds), sampleRate: SOUND_RATE };
    },
  };
}

const lengthOf = (seconds: number): number => Math.round(seconds * SOUND_RATE);
