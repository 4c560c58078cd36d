/** Onset's own model behind the interface that all families share. */

import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import { type ClassifiedClip, ImageClassifier, nearestClass, soundClasses } from '../appearance/index.js';
import {
  type CallOptions,
  type Clip,
  type GeneratedSound,
  type GenerateOptions,
  parseOptions,
  type VideoToAudioModel,
} from '../video-to-audio.js';
import { extractFeatures } from './extract-features.js';
import { onsetEvents } from './onset-events.js';
import { ONSET_DEFAULTS, OnsetPipeline, type VisualFeatures } from './pipeline.js';

const { seed, steps, guidance } = ONSET_DEFAULTS;

interface OnsetOptions {
  seed: number;
  steps: number;
  guidance: number;
  sound?: string | undefined;
  appearance?: string | undefined;
}

const optionsSchema: z.ZodType<OnsetOptions> = z.object({
  seed: z.number().int().min(0).max(0xffff_ffff).default(seed),
  steps: z.number().int().min(1).max(1000).default(steps),
  guidance: z.number().min(0).default(guidance),
  sound: z.string().optional(),
  appearance: z.string().optional(),
});

/** What is known of a clip, and the classifier's checkpoint by which it was found out. */
interface Extracted {
  appearance: string | undefined;
  clip: Promise<{ features: VisualFeatures; classified?: ClassifiedClip }>;
}

/** Calls may run side by side: plans on one device take turns. */
export class OnsetVideoToAudio implements VideoToAudioModel {
  readonly name = 'onset';
  readonly sampleRate: number;
  readonly capabilities: VideoToAudioModel['capabilities'];
  readonly options: z.ZodType<OnsetOptions> = optionsSchema;
  readonly #engine: Engine;
  readonly #pipeline: OnsetPipeline;
  readonly #classifiers = new Map<string, Promise<ImageClassifier>>();
  readonly #extracted = new WeakMap<Clip, Extracted>();

  /** The engine becomes the model's own. */
  constructor(engine: Engine, pipeline: OnsetPipeline) {
    this.#engine = engine;
    this.#pipeline = pipeline;
    this.sampleRate = pipeline.model.codec.sampleRate;
    this.capabilities = { soundClasses: pipeline.model.soundClasses, appearance: true, events: true };
  }

  /** Loads weights from a folder with a manifest, as `OnsetPipeline.load`. */
  static async load(engine: Engine, folder: string): Promise<OnsetVideoToAudio> {
    return new OnsetVideoToAudio(engine, await OnsetPipeline.load(engine, folder));
  }

  async generate(clip: Clip, options: GenerateOptions & CallOptions = {}): Promise<GeneratedSound> {
    const { onProgress, signal } = options;
    const { appearance, ...sampling } = parseOptions(this.options, this.name, options);
    // Kernels compile while the clip decodes; an error shows again where the plans are needed.
    this.#pipeline.prepare(clip.seconds).catch(() => {});
    const { features, classified } = await this.#extract(clip, sampling.sound === undefined ? appearance : undefined, {
      onProgress,
      signal,
    });
    const sounds = classified && this.#soundsOf(classified);
    const [made] = await this.#pipeline.generate([{ ...features, ...(sounds && { sounds }) }], {
      ...sampling,
      onProgress,
      signal,
    });
    const { samples, seconds, sound, tracks } = made!;
    return {
      ...{ samples, sampleRate: this.sampleRate, seconds, sound, events: onsetEvents(tracks, seconds) },
      ...(classified && { seen: classified.sound }),
    };
  }

  /** Features of the clip, from the frames or as they were found for an earlier call with the same clip. */
  #extract(clip: Clip, appearance: string | undefined, call: CallOptions): Extracted['clip'] {
    const known = this.#extracted.get(clip);
    if (known && known.appearance === appearance) return known.clip;
    const extracted = { appearance, clip: this.#extractNew(clip, appearance, call) };
    this.#extracted.set(clip, extracted);
    extracted.clip.catch(() => {
      if (this.#extracted.get(clip) === extracted) this.#extracted.delete(clip);
    });
    return extracted.clip;
  }

  async #extractNew(clip: Clip, appearance: string | undefined, call: CallOptions): Extracted['clip'] {
    const classifier = appearance === undefined ? undefined : await this.#classifier(appearance);
    return extractFeatures(this.#engine, clip, {
      size: this.#pipeline.model.config.encoder.pictureWidth,
      classifier,
      ...call,
    });
  }

  #classifier(path: string): Promise<ImageClassifier> {
    let classifier = this.#classifiers.get(path);
    if (!classifier) {
      classifier = ImageClassifier.load(this.#engine, path);
      this.#classifiers.set(path, classifier);
      classifier.catch(() => this.#classifiers.delete(path));
    }
    return classifier;
  }

  /** What each scene sounds like, in classes of the generator; undefined where it has nothing like it. */
  #soundsOf({ scenes }: ClassifiedClip): NonNullable<VisualFeatures['sounds']> {
    const table = soundClasses();
    const { soundClasses: classes } = this.capabilities;
    return scenes.map(({ start, sound }) => ({ start, sound: nearestClass(table, sound.name, classes) }));
  }

  async dispose(): Promise<void> {
    await this.#pipeline.dispose();
    for (const classifier of this.#classifiers.values()) await (await classifier).dispose();
    this.#classifiers.clear();
    this.#engine.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
