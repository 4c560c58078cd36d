/** What is in a clip, scene by scene, and what sounds there. */

import { openFrames, partDuration } from '../media/frames.js';
import type { PictureClassifier } from './image-classifier.js';
import { SceneSampler } from './scenes.js';
import { chooseSound, imageNetClasses, type Ranked, rankSounds, soundClasses } from './sound-classes.js';

export interface LookOptions {
  /** Seconds of the part to look at. */
  start?: number;
  duration?: number;
  onProgress?: (stage: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface Scene {
  /** Seconds in the part that was looked at. */
  start: number;
  end: number;
  /** Frames that were looked at. */
  frames: number;
  /** The five likeliest ImageNet classes, by their mean probability over the frames. */
  classes: Ranked[];
  /** The three likeliest sounds. */
  sounds: Ranked[];
  /** The sound that is chosen, or none, and its probability. */
  sound: Ranked;
}

export interface Look {
  seconds: number;
  scenes: Scene[];
  /** As of a scene, for the whole part. */
  sound: Ranked;
}

/** What judges single pictures. */
export type PictureJudge = Pick<PictureClassifier, 'config' | 'see'>;

/** Streams a clip; only a few of its frames are ever in memory. Throws a MediaError, or the signal's reason. */
export async function lookAt(classifier: PictureJudge, path: string, options: LookOptions = {}): Promise<Look> {
  const { start, duration, onProgress, signal } = options;
  const { size, classes } = classifier.config;
  const frames = { format: 'rgb24', width: size, height: size, fit: 'cover' } as const;
  const stream = await openFrames(path, { ...frames, start, duration, signal });
  const seconds = partDuration(stream.info, start, duration);
  const sampler = new SceneSampler(size);
  const scenes: { start: number; frames: number; sum: Float64Array }[] = [];
  const judge = async (pixels: Uint8Array, scene: { frames: number; sum: Float64Array }): Promise<void> => {
    const { logits } = await classifier.see(normalised(pixels), signal);
    scene.frames++;
    for (const [k, p] of softmax(logits).entries()) scene.sum[k] += p;
  };
  // While the device judges a picture, the frames up to the next are decoded and compared.
  let judged: Promise<void> = Promise.resolve();
  try {
    for await (const { pixels, time } of stream) {
      const { scene, begins, chosen } = sampler.push(pixels, time);
      if (begins) scenes.push({ start: scenes.length === 0 ? 0 : time, frames: 0, sum: new Float64Array(classes) });
      if (!chosen) continue;
      await judged;
      judged = judge(pixels, scenes[scene]!);
      // It may fail while a frame is awaited; the error is thrown where the promise is.
      judged.catch(() => {});
      onProgress?.('looking', Math.min(time, seconds), seconds);
    }
  } finally {
    await judged;
  }
  return summary(seconds, scenes);
}

/** RGB bytes as the network takes them. */
function normalised(pixels: Uint8Array): Float32Array {
  const picture = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) picture[i] = (pixels[i]! - 127) / 128;
  return picture;
}

function summary(seconds: number, found: readonly { start: number; frames: number; sum: Float64Array }[]): Look {
  const table = soundClasses();
  const names = imageNetClasses();
  const whole = new Float64Array(names.length);
  const scenes = found.map(({ start, frames, sum }, i): Scene => {
    const end = found[i + 1]?.start ?? seconds;
    const mean = sum.map((p) => p / frames);
    for (const [k, p] of mean.entries()) whole[k] += (p * (end - start)) / seconds;
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

function softmax(logits: Float32Array): Float32Array {
  const top = logits.reduce((a, b) => Math.max(a, b));
  const e = logits.map((v) => Math.exp(v - top));
  const total = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / total);
}
