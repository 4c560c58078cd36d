/** One call from a video file to its sound, with one engine and one loaded model for the whole process. */

import { createEngine, DeviceLostError, type Engine } from '../engine/engine.js';
import { fileExists, MANIFEST_NAME } from '../weights/index.js';
import { type Look, lookAt } from './appearance/classify-scenes.js';
import { PictureClassifier } from './appearance/image-classifier.js';
import { nearestClass, type Ranked, soundClasses } from './appearance/sound-classes.js';
import { watch } from './onset/extract-flow.js';
import { DEFAULTS, Pipeline, type SeenClip, UnknownSoundError } from './onset/pipeline.js';
import { shippedWeights } from './onset/shipped-weights.js';
import type { SamplerOptions } from './samplers/sampler.js';
import { VTA_LDM_DEFAULTS, VtaLdmPipeline } from './vta-ldm/pipeline.js';

export interface SoundForClipOptions {
  seed?: number;
  steps?: number;
  guidance?: number;
  /** How VTA-LDM samples; the default model has one way. */
  sampler?: SamplerOptions['kind'];
  /** A sound class of the model; absent: what the pictures look like. */
  sound?: string;
  /**
   * Path of EfficientNet-Lite's checkpoint, for the picture to tell our own model what sounds; absent: the model's guess
   * from motion alone.
   */
  appearance?: string;
  /** Seconds of the part to work on. */
  start?: number;
  duration?: number;
  /** Folder of weights, of our own model (with a manifest) or of VTA-LDM as published; absent: the shipped ones. */
  model?: string;
  onProgress?: (stage: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface SoundForClip {
  /** Mono 16 kHz in [−1, 1]. */
  samples: Float32Array;
  seconds: number;
  /** The sound class, of a model that has classes. */
  sound?: string;
  /** What sounds by the picture, and its probability, where pictures were looked at. */
  seen?: Ranked;
}

/** A loaded model of either kind. */
type MakeSound = (path: string, options: SoundForClipOptions) => Promise<SoundForClip>;

let loaded: { engine: Engine; makeSound: MakeSound; folder: string } | null = null;

async function load(folder: string, options: SoundForClipOptions): Promise<MakeSound> {
  if (loaded?.folder !== folder) {
    loaded?.engine.dispose();
    loaded = null;
    const engine = await createEngine();
    try {
      const open = (await fileExists(`${folder}/${MANIFEST_NAME}`)) ? openOnset : openVtaLdm;
      loaded = { engine, makeSound: await open(engine, folder, options), folder };
    } catch (error) {
      engine.dispose();
      throw error;
    }
  }
  return loaded.makeSound;
}

async function openOnset(engine: Engine, folder: string): Promise<MakeSound> {
  const pipeline = await Pipeline.load(engine, folder);
  let classifier: Promise<PictureClassifier> | undefined;
  return async (path, options) => {
    const { encoder } = pipeline.model.config;
    if (encoder.kind !== 'flow') throw new TypeError(`run needs a model with a flow encoder, not '${encoder.kind}'`);
    const seen = await watch(engine, path, encoder.pictureWidth, options);
    let look: Look | undefined;
    if (options.appearance !== undefined && options.sound === undefined) {
      classifier ??= PictureClassifier.load(engine, options.appearance, definedOf({ signal: options.signal }));
      look = await lookAt(await classifier, path, definedOf(options));
      seen.sounds = soundsOf(look, pipeline.model.config.classes);
    }
    const [sound] = await pipeline.generate([seen], { ...DEFAULTS, ...definedOf(options) });
    return { ...sound!, ...(look && { seen: look.sound }) };
  };
}

/** What each scene sounds like, in classes of the generator; undefined where it has nothing like it. */
function soundsOf({ scenes }: Look, classes: readonly string[]): NonNullable<SeenClip['sounds']> {
  const table = soundClasses();
  return scenes.map(({ start, sound }) => ({ start, sound: nearestClass(table, sound.name, classes) }));
}

async function openVtaLdm(engine: Engine, folder: string, options: SoundForClipOptions): Promise<MakeSound> {
  const pipeline = await VtaLdmPipeline.load(engine, folder, definedOf(options));
  return (path, { sound, ...rest }) => {
    if (sound !== undefined) throw new UnknownSoundError('VTA-LDM has no sound classes: it follows the pictures alone');
    return pipeline.generate(path, { ...VTA_LDM_DEFAULTS, ...definedOf(rest) });
  };
}

/**
 * Mono 16 kHz sound for a clip, exactly as long as its picture. Throws a MediaError for what is wrong with the clip, a
 * WeightsError for the weights, AdapterError without a GPU, or the signal's reason.
 */
export async function soundForClip(path: string, options: SoundForClipOptions = {}): Promise<SoundForClip> {
  for (let attempt = 0; ; attempt++) {
    const makeSound = await load(options.model ?? shippedWeights(), options);
    try {
      return await makeSound(path, options);
    } catch (error) {
      // A lost device takes everything on it along; one fresh start is fair, a second loss is a fault to report.
      if (!(error instanceof DeviceLostError) || attempt > 0) throw error;
      loaded = null;
    }
  }
}

/** Options that are given, so that absent ones do not hide defaults. */
function definedOf<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
