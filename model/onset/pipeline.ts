/**
 * clip → frames → visual tokens → aligned conditioning → latents → waveform → WAV/MP4: the whole model at inference. One
 * loaded pipeline serves any number of clips, of any length.
 */

import type { Engine, Plan } from '../../engine/engine.js';
import { softmax } from '../../engine/numeric.js';
import {
  loadTensors,
  openSafetensors,
  requireSameProvenance,
  type SafetensorsFile,
  verify,
  withFile,
} from '../../weights/index.js';
import { compilingStage, PlanCache } from '../networks/index.js';
import { flowEulerSteps, WindowAverage, windowStarts } from '../samplers/index.js';
import { type CallOptions, UnknownSoundError } from '../video-to-audio.js';
import { TRACKS } from './alignment.js';
import { modelConfig } from './config.js';
import { FLOW_PER_TOKEN } from './flow-encoder.js';
import { cellFeatures, type FlowClip, flowAt, tokenFeatures } from './flow-features.js';
import { latentNoise } from './latent-noise.js';
import { buildModel, type OnsetModel, TOKEN_RATE } from './model.js';
import { allParameters, DECODE_WINDOW, traceDecode, traceDenoise, traceEncode, WINDOW } from './plans.js';

/** Tokens that neighbouring windows share. */
const OVERLAP = 25;
/** Windows that run in one batch, at most. */
const MOST_WINDOWS = 4;

export interface PipelineOptions extends CallOptions {
  /** Same seed, same sound, on every adapter. */
  seed: number;
  /** Steps of the sampler; 4 to 25 are useful. */
  steps: number;
  /** Classifier-free guidance; 1 is none. */
  guidance: number;
  /** Name of a sound class; absent: what the images show. */
  sound?: string | undefined;
}

export const ONSET_DEFAULTS: { seed: number; steps: number; guidance: number } = { seed: 0, steps: 8, guidance: 2 };

/** What the model knows of a clip: its optical flow at its own times. */
export interface VisualFeatures {
  seconds: number;
  flow: FlowClip;
  /** What sounds from when on (seconds, rising), where that is known from elsewhere than the flow; else the class head. */
  sounds?: readonly { start: number; sound: string | undefined }[];
}

export interface PipelineSound {
  /** Mono at the codec's rate, `round(seconds · rate)` samples in [−1, 1]. */
  samples: Float32Array;
  seconds: number;
  /** The class of its beginning. */
  sound: string;
  /** Probability of that class by the model's own guess. */
  soundProbability: number;
  /** Predicted tracks [tokens, 8]: onset probabilities and log energies at 100 Hz. */
  tracks: Float32Array;
}

interface Windowed {
  clip: number;
  start: number;
}

export class OnsetPipeline {
  readonly engine: Engine;
  readonly model: OnsetModel;
  readonly #mean: Float32Array;
  readonly #deviation: Float32Array;
  readonly #plans: PlanCache;

  private constructor(engine: Engine, model: OnsetModel, mean: Float32Array, deviation: Float32Array) {
    this.engine = engine;
    this.#plans = new PlanCache(engine);
    this.model = model;
    this.#mean = mean;
    this.#deviation = deviation;
  }

  /**
   * Loads weights from a folder with a manifest. Every file is checked against it, and the generator against its codec.
   *
   * @throws {WeightsError} when a file is missing, is not what the manifest says, or was made with another codec.
   */
  static async load(engine: Engine, folder: string): Promise<OnsetPipeline> {
    const manifest = await verify(folder);
    const codecDigest = manifest.files.find((f) => f.name === 'codec.safetensors')?.sha256;
    const open = <T>(name: string, use: (file: SafetensorsFile) => Promise<T>): Promise<T> =>
      withFile(`${folder}/${name}`, async (source) => use(await openSafetensors(source)));
    return open('generator.safetensors', async (generator) => {
      requireSameProvenance(codecDigest, generator.metadata.codec, 'codec of generator.safetensors');
      const config = modelConfig.parse(JSON.parse(generator.metadata.model ?? 'null'));
      const model = buildModel(config);
      const specs = allParameters(model);
      const mine = specs.filter((s) => !s.name.startsWith('codec.'));
      const channels = [model.codec.latentChannels];
      const normalisation = ['latent.mean', 'latent.deviation'].map((name) => ({ name, shape: channels }));
      const weights = await loadTensors(generator, [...mine, ...normalisation]);
      const codecWeights = await open('codec.safetensors', (file) =>
        loadTensors(
          file,
          specs.filter((s) => s.name.startsWith('codec.')),
        ),
      );
      for (const spec of specs) {
        const data = weights.get(spec.name) ?? codecWeights.get(spec.name)!;
        engine.variables.write(spec.name, { shape: spec.shape, dtype: 'f32' }, data);
      }
      return new OnsetPipeline(engine, model, weights.get('latent.mean')!, weights.get('latent.deviation')!);
    });
  }

  /** Compiles what a clip of that length needs, ahead of its features. */
  async prepare(seconds: number): Promise<void> {
    const windows = windowStarts(Math.max(1, Math.ceil(seconds * TOKEN_RATE)), WINDOW, OVERLAP).length;
    const sizes = new Set([Math.min(windows, MOST_WINDOWS), windows % MOST_WINDOWS || MOST_WINDOWS]);
    const batched = (['encode', 'denoise'] as const).flatMap((kind) =>
      [...sizes].map((size) => this.#plan(kind, size)),
    );
    await Promise.all([...batched, this.#plan('decode', 1)]);
  }

  /** Sound for each of several clips, their windows batched together. */
  async generate(clips: readonly VisualFeatures[], options: PipelineOptions): Promise<PipelineSound[]> {
    const { config, soundClasses } = this.model;
    const forced = options.sound === undefined ? null : soundClasses.indexOf(options.sound);
    if (forced !== null && forced < 0) {
      throw new UnknownSoundError(
        `this model has no sound '${options.sound}'; it has ${soundClasses.join(', ') || 'none to choose'}`,
      );
    }
    const tokensOf = clips.map((clip) => Math.max(1, Math.ceil(clip.seconds * TOKEN_RATE)));
    const windows: Windowed[] = tokensOf.flatMap((total, clip) =>
      windowStarts(total, WINDOW, OVERLAP).map((start) => ({ clip, start })),
    );
    const encoded = await this.#encode(clips, windows, tokensOf, options);
    /** The class of a window that begins at that token: forced, as told for its middle, or the likeliest by the flow. */
    const classOf = (clip: number, start: number): number => {
      const middle = (start + WINDOW / 2) / TOKEN_RATE;
      const told = clips[clip]!.sounds?.findLast((each) => each.start <= middle)?.sound;
      const known = told === undefined ? -1 : config.classes.indexOf(told);
      return forced ?? (known >= 0 ? known : indexOfMax(encoded.classes[clip]!));
    };
    const latents = await this.#sample(clips.length, windows, tokensOf, encoded, classOf, options);
    const results: PipelineSound[] = [];
    for (const [i, clip] of clips.entries()) {
      const length = Math.round(clip.seconds * this.model.codec.sampleRate);
      results.push({
        samples: limitPeak(await this.#decode(latents[i]!, length, options)),
        seconds: clip.seconds,
        sound: config.classes[classOf(i, 0)]!,
        soundProbability: encoded.classes[i]![classOf(i, 0)]!,
        tracks: encoded.tracks[i]!,
      });
    }
    return results;
  }

  /** Tokens and tracks of each window, and for each clip its tracks and class probabilities. */
  async #encode(
    clips: readonly VisualFeatures[],
    windows: readonly Windowed[],
    tokensOf: readonly number[],
    { onProgress, signal }: PipelineOptions,
  ): Promise<{
    tokens: Float32Array[];
    windowTracks: Float32Array[];
    tracks: Float32Array[];
    classes: Float32Array[];
  }> {
    const { width } = this.model.config.generator;
    const classCount = this.model.config.classes.length;
    const tokens: Float32Array[] = [];
    const windowTracks: Float32Array[] = [];
    const logits = clips.map(() => new Float32Array(classCount));
    for (const [at, part] of batches(windows)) {
      signal?.throwIfAborted();
      const plan = await this.#plan('encode', part.length);
      const perWindow = this.model.encoder.inputShape(WINDOW).reduce((a, b) => a * b, 1);
      const visualFeatures = new Float32Array(part.length * perWindow);
      for (const [b, { clip, start }] of part.entries()) {
        const step = 1 / (TOKEN_RATE * FLOW_PER_TOKEN);
        const flow = flowAt(clips[clip]!.flow, start / TOKEN_RATE, step, WINDOW * FLOW_PER_TOKEN);
        visualFeatures.set(tokenFeatures(cellFeatures(flow)), b * perWindow);
      }
      const out = await plan.run({ 'visual-features': visualFeatures }, { onCompiling: compilingStage(onProgress) });
      for (const [b, { clip }] of part.entries()) {
        tokens.push(out.tokens!.slice(b * WINDOW * width, (b + 1) * WINDOW * width));
        windowTracks.push(out.tracks!.slice(b * WINDOW * TRACKS, (b + 1) * WINDOW * TRACKS));
        for (let c = 0; c < classCount; c++) logits[clip]![c]! += out.classes![b * classCount + c]!;
      }
      onProgress?.('encoding', at + part.length, windows.length);
    }
    const tracks = this.#blend(clips.length, windows, tokensOf, windowTracks, TRACKS);
    const counts = clips.map((_, clip) => windows.filter((w) => w.clip === clip).length);
    return { tokens, windowTracks, tracks, classes: logits.map((l, i) => softmax(l.map((v) => v / counts[i]!))) };
  }

  /** Integrates the flow from noise to latents, all windows of all clips side by side. */
  async #sample(
    clipCount: number,
    windows: readonly Windowed[],
    tokensOf: readonly number[],
    encoded: { tokens: Float32Array[]; windowTracks: Float32Array[] },
    classOf: (clip: number, start: number) => number,
    { seed, steps, guidance, onProgress, signal }: PipelineOptions,
  ): Promise<Float32Array[]> {
    const channels = this.model.codec.latentChannels;
    const { config, embeddings } = this.model;
    const { width } = config.generator;
    const padded = tokensOf.map((n) => Math.max(n, WINDOW));
    const states = padded.map((n) => latentNoise(seed, n, channels));
    const perWindow = WINDOW * channels;
    const schedule = flowEulerSteps(steps);
    for (const [i, { time, size }] of schedule.entries()) {
      const velocities: Float32Array[] = [];
      for (const [, part, first] of batches(windows)) {
        signal?.throwIfAborted();
        const plan = await this.#plan('denoise', part.length);
        const noisyLatents = new Float32Array(part.length * perWindow);
        const tokens = new Float32Array(part.length * WINDOW * width);
        const tracks = new Float32Array(part.length * WINDOW * TRACKS);
        for (const [b, { clip, start }] of part.entries()) {
          noisyLatents.set(states[clip]!.subarray(start * channels, (start + WINDOW) * channels), b * perWindow);
          tokens.set(encoded.tokens[first + b]!, b * WINDOW * width);
          tracks.set(encoded.windowTracks[first + b]!, b * WINDOW * TRACKS);
        }
        const inputs = {
          'noisy-latents': noisyLatents,
          tokens,
          time: new Float32Array(part.length * 2).fill(time),
          guidance: Float32Array.of(guidance),
          ...((embeddings.onset || embeddings.energy) && { tracks }),
          ...(embeddings.class && {
            'class-index': Uint32Array.from(part, ({ clip, start }) => classOf(clip, start)),
          }),
        };
        const out = await plan.run(inputs, { onCompiling: compilingStage(onProgress) });
        for (const b of part.keys()) velocities.push(out.velocity!.slice(b * perWindow, (b + 1) * perWindow));
      }
      const blended = this.#blend(clipCount, windows, padded, velocities, channels);
      for (const [clip, state] of states.entries()) {
        for (let k = 0; k < state.length; k++) state[k]! += size * blended[clip]![k]!;
      }
      onProgress?.('denoising', i + 1, schedule.length);
    }
    return states.map((state, clip) => {
      const latents = state.slice(0, tokensOf[clip]! * channels);
      for (let k = 0; k < latents.length; k++) {
        latents[k] = latents[k]! * this.#deviation[k % channels]! + this.#mean[k % channels]!;
      }
      return latents;
    });
  }

  /** Weighted average of window values [WINDOW, channels] where windows overlap. */
  #blend(
    clipCount: number,
    windows: readonly Windowed[],
    tokensOf: readonly number[],
    values: readonly Float32Array[],
    channels: number,
  ): Float32Array[] {
    const joined = Array.from(
      { length: clipCount },
      (_, clip) => new WindowAverage(tokensOf[clip]!, channels, { window: WINDOW, overlap: OVERLAP }),
    );
    for (const [w, { clip, start }] of windows.entries()) joined[clip]!.add(start, values[w]!);
    return joined.map((each) => Float32Array.from(each.average()));
  }

  /** Latents [T, channels] to `length` samples, by windows that overlap by the decoder's reach: the same as in one piece. */
  async #decode(
    latents: Float32Array,
    length: number,
    { seed, onProgress, signal }: PipelineOptions,
  ): Promise<Float32Array> {
    const { latentChannels: channels, samplesPerLatent, context, stochastic } = this.model.codec;
    const total = latents.length / channels;
    const out = new Float32Array(length);
    for (const start of windowStarts(total, DECODE_WINDOW, 2 * context)) {
      signal?.throwIfAborted();
      const plan = await this.#plan('decode', 1);
      const window = new Float32Array(DECODE_WINDOW * channels);
      window.set(latents.subarray(start * channels, (start + DECODE_WINDOW) * channels));
      const noise = stochastic && { seed: Uint32Array.of(seed, 0), 'first-frame': Uint32Array.of(start) };
      const { sound } = await plan.run({ latents: window, ...noise }, { onCompiling: compilingStage(onProgress) });
      const from = start === 0 ? 0 : context;
      const last = start + DECODE_WINDOW >= total;
      const to = Math.min(total - start, last ? DECODE_WINDOW : DECODE_WINDOW - context);
      const end = Math.min(to * samplesPerLatent, length - start * samplesPerLatent);
      out.set(sound!.subarray(from * samplesPerLatent, end), (start + from) * samplesPerLatent);
      onProgress?.('decoding', Math.min(total, start + to), total);
    }
    return out;
  }

  #plan(kind: 'encode' | 'denoise' | 'decode', batch: number): Promise<Plan> {
    return this.#plans.get(`${kind} ${batch}`, (p) =>
      ({ encode: traceEncode, denoise: traceDenoise, decode: traceDecode })[kind](this.model, p, batch),
    );
  }

  async dispose(): Promise<void> {
    await this.#plans.dispose();
  }
}

function* batches(windows: readonly Windowed[]): Generator<[number, readonly Windowed[], number]> {
  for (let at = 0; at < windows.length; at += MOST_WINDOWS) yield [at, windows.slice(at, at + MOST_WINDOWS), at];
}

const indexOfMax = (values: Float32Array): number => values.indexOf(Math.max(...values));

/** Peaks above −0.5 dBFS are brought down together with everything else, so that nothing clips; in place. */
function limitPeak(samples: Float32Array): Float32Array {
  let peak = 0;
  for (const v of samples) peak = Math.max(peak, Math.abs(v));
  const most = 0.94;
  if (peak > most) for (let i = 0; i < samples.length; i++) samples[i] = (samples[i]! * most) / peak;
  return samples;
}
