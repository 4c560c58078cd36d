/** Latents of the training clips: the targets of the generator, encoded by the finished codec and normalized. */

import { type Engine, Graph, type TensorData } from '../../../engine/engine.js';
import { Parameters } from '../../networks/index.js';
import type { OnsetModel } from '../../onset/index.js';
import { windowStarts } from '../../samplers/index.js';
import type { DataOptions, TrainingClip } from './training-clip.js';

/** Windows in one run of the plan. */
const BATCH = 16;

/** A part of a clip that is encoded at once, and which of its latent frames are kept; all count from the clip's start. */
interface Window {
  clip: TrainingClip;
  start: number;
  keepFrom: number;
  keepTo: number;
}

/**
 * Encodes the whole of every clip's sound with the finished codec, gives each clip its `latents` [⌊samples / 640⌋, channels],
 * and normalizes each channel over all clips. Returns mean and standard deviation, which belong to the generator's weights:
 * its latents cannot be decoded without them (recipe §5).
 */
export async function addLatents(
  engine: Engine,
  model: OnsetModel,
  codec: ReadonlyMap<string, Float32Array>,
  clips: readonly TrainingClip[],
  { onProgress, signal }: Pick<DataOptions, 'onProgress' | 'signal'> = {},
): Promise<Map<string, Float32Array>> {
  const { samplesPerLatent, latentChannels } = model.codec;
  const framesOf = (clip: TrainingClip): number => Math.floor(clip.sound.length / samplesPerLatent);
  const { length, windows } = windowsOf(clips, framesOf, model.codec.encoderContext);
  const samples = length * samplesPerLatent;
  const graph = new Graph();
  const p = new Parameters(graph);
  graph.output('latents', model.codec.encode(p, graph.input('sound', [BATCH, samples])));
  for (const spec of p.specs.values())
    engine.variables.write(spec.name, { shape: spec.shape, dtype: 'f32' }, codec.get(spec.name) as TensorData);
  const plan = await engine.compile(graph);
  try {
    for (const clip of clips) clip.latents = new Float32Array(framesOf(clip) * latentChannels);
    for (let at = 0; at < windows.length; at += BATCH) {
      signal?.throwIfAborted();
      const part = windows.slice(at, at + BATCH);
      const sound = new Float32Array(BATCH * samples);
      for (const [b, { clip, start }] of part.entries()) {
        const samplesOfWindow = clip.sound.subarray(start * samplesPerLatent, (start + length) * samplesPerLatent);
        for (let i = 0; i < samplesOfWindow.length; i++) sound[b * samples + i] = samplesOfWindow[i]! / 32767;
      }
      const { latents } = await plan.run({ sound });
      for (const [b, { clip, start, keepFrom, keepTo }] of part.entries()) {
        const first = b * length - start;
        const kept = latents!.subarray((first + keepFrom) * latentChannels, (first + keepTo) * latentChannels);
        clip.latents!.set(kept as Float32Array, keepFrom * latentChannels);
      }
      onProgress?.(Math.min(at + BATCH, windows.length), windows.length, 'latents');
    }
  } finally {
    plan.dispose();
  }
  return normalize(clips, latentChannels);
}

/**
 * Windows of one length for clips of any length, so that one plan serves all. They overlap by the receptive field of a
 * latent frame and are cut in the middle of the overlap, so that the latents are those of the clip encoded as a whole.
 */
function windowsOf(
  clips: readonly TrainingClip[],
  framesOf: (clip: TrainingClip) => number,
  context: number,
): { length: number; windows: Window[] } {
  const lengths = clips.map(framesOf);
  const shortest = lengths.reduce((a, b) => Math.min(a, b));
  const oneLength = lengths.every((frames) => frames === shortest);
  // Clips shorter than four contexts are followed by silence rather than have many windows made of every other clip.
  const length = oneLength ? shortest : Math.max(shortest, 4 * context);
  const windows = clips.flatMap((clip, c) => {
    const starts = windowStarts(lengths[c]!, length, oneLength ? 0 : 2 * context);
    const cut = (i: number): number => Math.floor((starts[i - 1]! + length + starts[i]!) / 2);
    return starts.map((start, i) => ({
      clip,
      start,
      keepFrom: i === 0 ? 0 : cut(i),
      keepTo: i === starts.length - 1 ? lengths[c]! : cut(i + 1),
    }));
  });
  return { length, windows };
}

/** Shifts and scales every channel to mean 0 and standard deviation 1 over all frames of all clips, in place. */
function normalize(clips: readonly TrainingClip[], channels: number): Map<string, Float32Array> {
  const mean = new Float64Array(channels);
  const square = new Float64Array(channels);
  let count = 0;
  for (const { latents } of clips) {
    for (let i = 0; i < latents!.length; i++) {
      mean[i % channels]! += latents![i]!;
      square[i % channels]! += latents![i]! ** 2;
    }
    count += latents!.length / channels;
  }
  const means = Float32Array.from(mean, (m) => m / count);
  const deviations = Float32Array.from(square, (s, c) => Math.sqrt(Math.max(1e-8, s / count - means[c]! ** 2)));
  for (const { latents } of clips) {
    for (let i = 0; i < latents!.length; i++)
      latents![i] = (latents![i]! - means[i % channels]!) / deviations[i % channels]!;
  }
  return new Map([
    ['latent.mean', means],
    ['latent.deviation', deviations],
  ]);
}
