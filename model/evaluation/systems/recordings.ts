/** The rival that a sound designer would script: recordings of what is seen, set at the moments that a model predicts. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../foley/index.js';
import { decodeAudio } from '../../media/index.js';
import { SOUND_RATE } from '../datasets/dataset.js';
import { EvaluationError } from '../errors.js';
import type { SoundOf, System } from './system.js';
import { readTarArchive } from './tar-archive.js';

/**
 * Recordings by words of a clip's class, the first that fits; names are files of the archive without folder and ending. In
 * each the detector hears one onset, within 15 ms of where it begins.
 */
const RECORDINGS: readonly [words: RegExp, names: readonly string[]][] = [
  [/drum|tom\b|percussion/, ['drum_tom_mid_hard', 'drum_tom_lo_hard', 'drum_snare_hard']],
  [/cymbal|hi-?hat/, ['drum_cymbal_hard', 'drum_cymbal_closed']],
  [/tabla/, ['tabla_ghe1', 'tabla_na', 'tabla_te1']],
  [/bell|chime|glass|porcelain|ceramic|bottle|marimba|vibraphone|xylophone/, ['perc_bell', 'perc_bell2', 'elec_chime']],
  [/metal|hammer|anvil|sword|coin|pan\b|cabinet|cowbell/, ['drum_cowbell', 'perc_bell2']],
  [/wood|chop|axe|knock|table/, ['tbd_perc_tap_1', 'tbd_perc_tap_2', 'hat_tap']],
  [/gun|shot|firework|explosion|cannon/, ['perc_impact2', 'misc_cineboom']],
  [/crow|bird/, ['misc_crow']],
  [/water|splash|rain|pour|drip/, ['elec_blup', 'elec_plip']],
  [/snap|click|typing|keyboard|plastic|racket|badminton|tennis|squash/, ['perc_snap', 'perc_snap2']],
];

/** For every other class, and for clips without one. */
const OTHERS: readonly string[] = ['perc_impact1', 'perc_impact2'];

export const RECORDINGS_CONTROL = 'recordings at predicted events';

/** Decibels under a recording's peak at which it begins. */
const BEGINS = 30;
const PEAK = 0.5;
/** Seconds that are taken of a recording, at most. */
const LONGEST = 1.5;

/**
 * Recordings of the clip's class from an archive of CC0 sounds, one at each event that a model predicts, drawn by the seed.
 *
 * @param archive path of the pulled package
 * @param base the model; its events come with its sounds
 */
export function recordingsAtEvents(archive: string, base: System, soundOf: SoundOf): System {
  let library: Promise<RecordingLibrary> | undefined;
  return {
    name: RECORDINGS_CONTROL,
    kind: 'control',
    description: `CC0 recordings of the clip’s class, or of an impact, set at the events that ${base.name} predicts.`,
    seeded: true,
    async soundFor(clip, call) {
      const events = (await soundOf(base, clip, call))?.events;
      if (!events) throw new EvaluationError(`${RECORDINGS_CONTROL}: ${base.name} predicts no events`);
      library ??= RecordingLibrary.open(archive);
      const names = recordingsOf(clip.class);
      const sounds = await Promise.all(names.map(async (name) => (await library!).sound(name, call.signal)));
      const random = new Random(call.seed, `recordings of ${clip.name}`);
      const samples = new Float32Array(Math.round(clip.seconds * SOUND_RATE));
      for (const { time } of events) mix(samples, random.pick(sounds), Math.round(time * SOUND_RATE));
      return { samples: samples.map((value) => Math.max(-1, Math.min(1, value))), sampleRate: SOUND_RATE };
    },
  };
}

/** Names of the recordings for a class. */
export function recordingsOf(soundClass: string | undefined): readonly string[] {
  const words = soundClass?.toLowerCase() ?? '';
  return RECORDINGS.find(([pattern]) => pattern.test(words))?.[1] ?? OTHERS;
}

function mix(into: Float32Array, sound: Float32Array, start: number): void {
  for (let i = 0; i < sound.length && start + i < into.length; i++) into[start + i]! += sound[i]!;
}

class RecordingLibrary {
  readonly #archive: string;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #sounds = new Map<string, Promise<Float32Array>>();

  private constructor(archive: string, files: ReadonlyMap<string, Uint8Array>) {
    this.#archive = archive;
    this.#files = files;
  }

  static async open(archive: string): Promise<RecordingLibrary> {
    return new RecordingLibrary(archive, readTarArchive(await readFile(archive), archive));
  }

  /** From its onset on, with a peak of .5. */
  sound(name: string, signal: AbortSignal | undefined): Promise<Float32Array> {
    let sound = this.#sounds.get(name);
    if (!sound) {
      sound = this.#decode(name, signal);
      sound.catch(() => this.#sounds.delete(name));
      this.#sounds.set(name, sound);
    }
    return sound;
  }

  async #decode(name: string, signal: AbortSignal | undefined): Promise<Float32Array> {
    const [path, bytes] = [...this.#files].find(([each]) => each.includes(`/${name}.`)) ?? [];
    if (!path || !bytes)
      throw new EvaluationError(`${this.#archive}: has no recording ${name}; delete it and pull it again`);
    const folder = await mkdtemp(join(tmpdir(), 'onset-recording-'));
    try {
      const file = join(folder, path.slice(path.lastIndexOf('/') + 1));
      await writeFile(file, bytes);
      return fromOnset(await decodeAudio(file, { sampleRate: SOUND_RATE, signal }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function fromOnset(sound: Float32Array): Float32Array {
  const peak = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const start = Math.max(
    0,
    sound.findIndex((value) => Math.abs(value) >= peak * 10 ** (-BEGINS / 20)),
  );
  return sound.slice(start, start + LONGEST * SOUND_RATE).map((value) => (value * PEAK) / peak);
}
