/** What is in a clip, scene by scene, and what sounds there. */

import { softmax } from '../../engine/numeric.js';
import type { Clip, ImageFormat } from '../media/index.js';
import { compilingStage } from '../networks/index.js';
import type { ClassifyOptions, ImageClassifier } from './image-classifier.js';
import { type Sampled, type SceneImages, SceneSampler } from './scenes.js';
import { chooseSound, imageNetClasses, type Ranked, rankSounds, soundClasses } from './sound-classes.js';

/** Pixels a side of the images in which cuts are found: those in which Onset sees motion, so that both see the same. */
const GRAY_SIZE = 64;

export interface Scene {
  /** Seconds in the part of the clip. */
  start: number;
  end: number;
  /** Frames that were classified. */
  frames: number;
  /** The five likeliest ImageNet classes, by their mean probability over the frames. */
  classes: Ranked[];
  /** The three likeliest sounds. */
  sounds: Ranked[];
  /** The sound that is chosen, or none, and its probability. */
  sound: Ranked;
}

export interface ClassifiedClip {
  seconds: number;
  scenes: Scene[];
  /** As of a scene, for the whole part. */
  sound: Ranked;
}

/** What classifies single images. */
export type Classifier = Pick<ImageClassifier, 'config' | 'classify'>;

interface SceneSum {
  start: number;
  frames: number;
  /** Class probabilities, added over the frames. */
  probabilities: Float64Array;
}

/** Takes every frame of a clip in order, and classifies those that stand for its scenes. */
export class SceneClassifier {
  readonly #classifier: Classifier;
  readonly #sampler: SceneSampler;
  readonly #options: ClassifyOptions;
  readonly #scenes: SceneSum[] = [];
  /** While the device classifies a frame, those up to the next are decoded and compared. */
  #pending: Promise<void> = Promise.resolve();

  /** `graySize`: pixels a side of the grey images, a multiple of 32. */
  constructor(classifier: Classifier, graySize: number, options: ClassifyOptions = {}) {
    this.#classifier = classifier;
    this.#sampler = new SceneSampler(graySize);
    this.#options = options;
  }

  /** The next frame, as `appearanceFormat` has it and in grey [graySize, graySize], and its time in seconds. */
  async push(images: SceneImages, time: number): Promise<void> {
    await this.#take(this.#sampler.push(images, time));
  }

  /** Scenes of a clip that lasts `seconds`. */
  async finish(seconds: number): Promise<ClassifiedClip> {
    await this.#take(this.#sampler.finish(seconds));
    await this.#pending;
    return summary(seconds, this.#scenes);
  }

  async #take(sampled: readonly Sampled[]): Promise<void> {
    for (const { appearance, time, scene, begins } of sampled) {
      if (begins) {
        const start = this.#scenes.length === 0 ? 0 : time;
        this.#scenes.push({ start, frames: 0, probabilities: new Float64Array(this.#classifier.config.classes) });
      }
      await this.#pending;
      this.#pending = this.#classify(appearance, this.#scenes[scene]!);
      // It may fail while a frame is awaited; the error is thrown where the promise is.
      this.#pending.catch(() => {});
    }
  }

  async #classify(pixels: Uint8Array, scene: SceneSum): Promise<void> {
    const { logits } = await this.#classifier.classify(normalized(pixels), this.#options);
    scene.frames++;
    for (const [k, p] of softmax(logits).entries()) scene.probabilities[k]! += p;
  }
}

export interface ClassifyScenesOptions {
  onProgress?: (stage: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Classifies the scenes of a clip; only a few of its frames are ever in memory.
 *
 * @throws {MediaError} for what is wrong with the clip, or the signal's reason.
 */
export async function classifyScenes(
  classifier: Classifier,
  clip: Clip,
  { onProgress, signal }: ClassifyScenesOptions = {},
): Promise<ClassifiedClip> {
  const scenes = new SceneClassifier(classifier, GRAY_SIZE, { signal, onCompiling: compilingStage(onProgress) });
  const gray: ImageFormat = { pixels: 'gray8', size: { width: GRAY_SIZE, height: GRAY_SIZE } };
  for await (const { images, time } of clip.frames({ appearance: appearanceFormat(classifier), gray }, { signal })) {
    await scenes.push(images, time);
    onProgress?.('classifying', Math.min(time, clip.seconds), clip.seconds);
  }
  return scenes.finish(clip.seconds);
}

/** The format in which a classifier takes frames. */
export const appearanceFormat = ({ config: { size } }: Pick<Classifier, 'config'>): ImageFormat => ({
  pixels: 'rgb24',
  size: { width: size, height: size },
  fit: 'cover',
});

/** RGB bytes as the network takes them. */
function normalized(pixels: Uint8Array): Float32Array {
  const image = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) image[i] = (pixels[i]! - 127) / 128;
  return image;
}

function summary(seconds: number, found: readonly SceneSum[]): ClassifiedClip {
  const table = soundClasses();
  const names = imageNetClasses();
  const whole = new Float64Array(names.length);
  const scenes = found.map(({ start, frames, probabilities }, i): Scene => {
    const end = found[i + 1]?.start ?? seconds;
    const mean = probabilities.map((p) => p / frames);
    for (const [k, p] of mean.entries()) whole[k]! += (p * (end - start)) / seconds;
    const ranked = rankSounds(table, mean);
    return {
      start,
      end,
      frames,
      classes: topFive(mean, names),
      sounds: ranked.slice(0, 3),
      sound: chooseSound(ranked),
    };
  });
  return { seconds, scenes, sound: chooseSound(rankSounds(table, whole)) };
}

function topFive(probabilities: Float64Array, names: readonly string[]): Ranked[] {
  return [...probabilities]
    .map((probability, i) => ({ name: names[i]!, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, 5);
}
