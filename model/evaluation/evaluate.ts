/** Runs systems over a dataset, with references and controls, and reports what was measured. */

import { relative, resolve } from 'node:path';
import { FfmpegMissingError, MediaError } from '../media/index.js';
import type { Dataset, DatasetClip } from './datasets/dataset.js';
import { openDatasetClip } from './datasets/open-clip.js';
import { EvaluationError } from './errors.js';
import { Estimator } from './estimates.js';
import { addTags, tagSounds } from './figures/distribution.js';
import { metricTable } from './figures/index.js';
import type { MeasuredSound, MetricTable, TaggedSound } from './figures/metric.js';
import { AV_ALIGN } from './figures/synchrony.js';
import { measureSound } from './measure.js';
import { type Motion, motionOf } from './motion.js';
import type {
  ClipReport,
  EvaluationReport,
  Failure,
  MissingControl,
  ReportClip,
  SystemReport,
} from './report/report.js';
import type { SoundStore } from './sound-store.js';
import { clickTrack } from './systems/clicks.js';
import { randomOnsets, rotatedInTime, shuffledName, shuffledVideo, silence, whiteNoise } from './systems/controls.js';
import { trueAudio } from './systems/references.js';
import type { System } from './systems/system.js';
import type { SoundTagger } from './taggers/tagger.js';

export interface EvaluateOptions {
  store: SoundStore;
  /** From 0 to 2³² − 1; default 0 alone. */
  seeds?: readonly number[] | undefined;
  /** Name of the system that the others are compared with; default: each two are compared. */
  reference?: string | undefined;
  /** Keys of the metrics to take; default: all. */
  metrics?: readonly string[] | undefined;
  /** References and controls that need more than the clips, such as the codec's; beside those that are always made. */
  controls?: readonly System[] | undefined;
  /** Controls that cannot be had, and why; the report says so. */
  missing?: readonly MissingControl[] | undefined;
  /** Networks whose hearing is compared, for figures of distributions. */
  taggers?: readonly SoundTagger[] | undefined;
  /** The folder that paths in the report are relative to; default: the working directory. */
  folder?: string | undefined;
  /** Clips, from the first on, of which the sounds of controls are kept to be heard as well. Default 0. */
  listen?: number | undefined;
  /** `done` of `total` clips of a stage. */
  onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** What was measured of a system. */
interface Measured {
  system: System;
  sounds: MeasuredSound[];
  extras: Map<MeasuredSound, Extras>;
}

/** A sound as it was measured. */
type Heard = ReturnType<typeof measureSound>;

/** Sounds that a tagger listens to in one call. */
const TAGGED_TOGETHER = 8;

/** What the report tells of a sound beside its figures. */
interface Extras {
  /** Path of a file that can be heard. */
  path?: string;
  events?: ClipReport['events'];
}

/**
 * Measures systems on the clips of a dataset. A clip that cannot be opened, or for which a system fails, is reported in
 * `failures` and left out of the figures of all, so that all are of the same clips. The true audio, silence, noise, random
 * onsets, clicks at frame differences, and of each system its sounds with other clips and rotated in time are always
 * measured along.
 *
 * @param systems of names that differ; none: the controls alone
 * @throws {EvaluationError} when names repeat or no clip is left; errors that no clip is to blame for, such as
 * `WeightsError` or `AdapterError`; or the signal's reason
 */
export async function evaluate(
  dataset: Dataset,
  systems: readonly System[],
  options: EvaluateOptions,
): Promise<EvaluationReport> {
  requireNames([...systems, ...(options.controls ?? [])]);
  return new Run(dataset, systems, options).report();
}

class Run {
  readonly #dataset: Dataset;
  readonly #systems: readonly System[];
  readonly #options: EvaluateOptions;
  readonly #seeds: readonly number[];
  readonly #failures: Failure[] = [];
  readonly #missing: MissingControl[];
  readonly #table: MetricTable;
  readonly #estimator: Estimator;
  readonly #motion = new Map<DatasetClip, Motion | undefined>();
  readonly #truth = new Map<string, Promise<TaggedSound | undefined>>();

  constructor(dataset: Dataset, systems: readonly System[], options: EvaluateOptions) {
    this.#dataset = dataset;
    this.#systems = systems;
    this.#options = options;
    this.#seeds = options.seeds ?? [0];
    this.#missing = [...(options.missing ?? [])];
    this.#table = metricTable(options.taggers, options.metrics);
    this.#estimator = new Estimator(this.#table);
  }

  async report(): Promise<EvaluationReport> {
    const opened = await this.#open();
    const measured: Measured[] = [];
    for (const system of this.#systems) measured.push(await this.#measure(system, opened));
    const failed = new Set(this.#failures.map(({ clip }) => clip));
    const clips = opened.filter(({ name }) => !failed.has(name));
    if (clips.length === 0) throw this.#nothingLeft();
    const others: Measured[] = [];
    for (const control of this.#controls(clips)) others.push(await this.#measure(control, clips));
    this.#options.onProgress?.('intervals', 0, 1);
    const all = [...measured, ...others];
    return {
      version: 1,
      dataset: {
        name: this.#dataset.name,
        ...(this.#dataset.description && { description: this.#dataset.description }),
        clips: opened.map((clip) => this.#clipReport(clip)),
      },
      seeds: this.#seeds,
      metrics: this.#estimator.metrics,
      systems: all.map((each) => this.#systemReport(each, failed)),
      differences: this.#differences(all, failed),
      failures: this.#failures,
      ...(this.#missing.length > 0 && { missing: this.#missing }),
    };
  }

  /** The clips that can be opened. */
  async #open(): Promise<DatasetClip[]> {
    const { onProgress, signal } = this.#options;
    const { entries } = this.#dataset;
    const clips: DatasetClip[] = [];
    for (const [i, entry] of entries.entries()) {
      signal?.throwIfAborted();
      onProgress?.('opening clips', i, entries.length);
      await this.#orFailure('the clip itself', entry.name, async () => {
        const clip = await openDatasetClip(entry, { signal });
        const { metrics, store } = this.#options;
        if (metrics?.includes(AV_ALIGN) ?? true) this.#motion.set(clip, await motionOf(clip, store.folder, signal));
        clips.push(clip);
      });
    }
    return clips;
  }

  #controls(clips: readonly DatasetClip[]): System[] {
    const { soundOf } = this.#options.store;
    const given = this.#options.controls ?? [];
    const references = [trueAudio(), ...given.filter(({ kind }) => kind === 'reference')];
    const ofSystems = this.#systems.flatMap((system) => {
      const rotated = rotatedInTime(system, soundOf);
      if (clips.length > 1) return [shuffledVideo(system, clips, soundOf), rotated];
      const reason = 'there is a single clip; two or more are needed';
      this.#missing.push({ system: shuffledName(system.name), reason });
      return [rotated];
    });
    const plain = [
      ...given.filter(({ kind }) => kind === 'control'),
      clickTrack(),
      randomOnsets(),
      whiteNoise(),
      silence(),
    ];
    return [...references, ...ofSystems, ...plain];
  }

  /** Makes and measures a system's sounds for all clips and seeds. */
  async #measure(system: System, clips: readonly DatasetClip[]): Promise<Measured> {
    const { onProgress, signal } = this.#options;
    const seeds = system.seeded ? this.#seeds : this.#seeds.slice(0, 1);
    const measured: Measured = { system, sounds: [], extras: new Map() };
    const heard: Heard[] = [];
    let done = 0;
    try {
      for (const seed of seeds) {
        for (const [i, clip] of clips.entries()) {
          signal?.throwIfAborted();
          onProgress?.(system.name, done++, seeds.length * clips.length);
          await this.#orFailure(system.name, clip.name, async () => {
            heard.push(...(await this.#measureClip(measured, clip, seed, i)));
          });
          if (heard.length >= TAGGED_TOGETHER) await this.#tag(heard.splice(0));
        }
      }
      await this.#tag(heard);
    } finally {
      await system.dispose?.();
    }
    return measured;
  }

  async #measureClip(
    { system, sounds, extras }: Measured,
    clip: DatasetClip,
    seed: number,
    index: number,
  ): Promise<Heard[]> {
    const { store, listen = 0, signal } = this.#options;
    const made = await store.soundOf(system, clip, { seed, signal });
    if (!made) return [];
    const heard = measureSound(this.#table, { system, clip, index, seed, motionPeaks: this.#motion.get(clip) }, made);
    const { measured: sound } = heard;
    sounds.push(sound);
    const shown = seed === this.#seeds[0] && index < listen;
    const stored = system.cacheKey !== undefined;
    const path = stored || shown ? await store.keep(system, clip, seed, made) : undefined;
    extras.set(sound, { ...(path !== undefined && { path }), ...(made.events && { events: made.events }) });
    return [heard];
  }

  async #tag(heard: readonly Heard[]): Promise<void> {
    const { taggers = [], signal } = this.#options;
    if (heard.length === 0) return;
    for (const tagger of taggers) {
      await addTags(tagger, heard, ({ clip }) => this.#truthOf(tagger, clip), signal);
    }
  }

  /** What a tagger hears in the true sound of a clip, found once. */
  #truthOf(tagger: SoundTagger, { name, sound }: DatasetClip): Promise<TaggedSound | undefined> {
    const key = `${tagger.name} ${name}`;
    const known = this.#truth.get(key);
    if (known || !sound) return known ?? Promise.resolve(undefined);
    const truth = tagSounds(tagger, [sound], this.#options.signal).then(([only]) => only);
    this.#truth.set(key, truth);
    return truth;
  }

  /** Does the work for a clip; what is wrong with the clip or its sound is a failure of the clip alone. */
  async #orFailure(system: string, clip: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      const ofTheClip = error instanceof MediaError || error instanceof EvaluationError;
      if (!ofTheClip || error instanceof FfmpegMissingError) throw error;
      this.#failures.push({ system, clip, error: error.message });
    }
  }

  #nothingLeft(): EvaluationError {
    const [first] = this.#failures;
    const count = this.#dataset.entries.length;
    return new EvaluationError(
      `none of the ${count} clips of ${this.#dataset.name} can be scored for all systems` +
        (first ? `; the first failure, of ${first.system} on ${first.clip}: ${first.error}` : ''),
    );
  }

  #systemReport({ system, sounds, extras }: Measured, failed: ReadonlySet<string>): SystemReport {
    const counted = sounds.filter(({ clip }) => !failed.has(clip.name));
    return {
      name: system.name,
      kind: system.kind,
      description: system.description,
      metrics: this.#estimator.estimatesOf(counted),
      ...(system.seeded && this.#seeds.length > 1 && { bySeed: this.#bySeed(counted) }),
      clips: sounds.map((sound): ClipReport => {
        const { path, events } = extras.get(sound)!;
        return {
          clip: sound.clip.name,
          seed: sound.seed,
          metrics: this.#estimator.figuresOf([sound]),
          onsets: sound.onsets.map(({ time }) => time),
          timingErrors: sound.sync?.timingErrors ?? [],
          ...(events && { events }),
          ...(path !== undefined && { sound: this.#relative(path) }),
        };
      }),
    };
  }

  #bySeed(sounds: readonly MeasuredSound[]): SystemReport['bySeed'] {
    return this.#seeds.map((seed) => ({
      seed,
      metrics: this.#estimator.figuresOf(sounds.filter((sound) => sound.seed === seed)),
    }));
  }

  /** Between each two systems, or of all with the one that they are compared with, and of each with its own sounds shuffled. */
  #differences(all: readonly Measured[], failed: ReadonlySet<string>): EvaluationReport['differences'] {
    const counted = all.map(
      ({ system, sounds }) => [system.name, sounds.filter(({ clip }) => !failed.has(clip.name))] as const,
    );
    const systems = counted.slice(0, this.#systems.length);
    const { reference } = this.#options;
    return systems.flatMap((system, i) => {
      const shuffled = counted.filter(([name]) => name === shuffledName(system[0]));
      const isReference = reference === system[0];
      const others =
        reference === undefined ? systems.slice(i + 1) : systems.filter((other) => isReference && other !== system);
      return [...others, ...shuffled].flatMap((other) => this.#estimator.differencesOf(system, other));
    });
  }

  #clipReport({
    name,
    seconds,
    path,
    class: soundClass,
    licence,
    eventSource,
    events,
    offset,
  }: DatasetClip): ReportClip {
    return {
      ...{ name, seconds, video: this.#relative(path), eventSource, offset },
      ...(soundClass !== undefined && { class: soundClass }),
      ...(licence !== undefined && { licence }),
      events: events.map(({ time, optional }) => ({ time, ...(optional && { optional }) })),
    };
  }

  #relative(path: string): string {
    return relative(resolve(this.#options.folder ?? '.'), resolve(path));
  }
}

function requireNames(systems: readonly System[]): void {
  const names = systems.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new EvaluationError(`two systems are named ${repeated}; give one a name of its own, as NAME=SYSTEM`);
  }
}
