/**
 * clip → frames → visual tokens → latents → mel → waveform, as the published VTA-LDM does it, for clips of any length:
 * windows of the released length that overlap share their latents (samplers/windows.ts), and their sound is cross-faded.
 */

import { z } from 'zod';
import { type Engine, randomNumbers } from '../../engine/engine.js';
import type { Clip } from '../media/index.js';
import {
  createSampler,
  runTrajectory,
  SAMPLER_NAMES,
  type SamplerName,
  WindowAverage,
  windowStarts,
} from '../samplers/index.js';
import type { CallOptions } from '../video-to-audio.js';
import { clipFrames, type FrameRule } from './clip-frames.js';
import { MEL_HOP, SAMPLE_RATE } from './mel.js';
import { type LoadOptions, VtaLdmNetworks } from './networks.js';

/** Mel frames of one window: 10.24 s, the length that the release was trained on and always makes. */
const WINDOW_FRAMES = 1024;
/** Mel frames that neighbouring windows share: 2.56 s. */
const OVERLAP_FRAMES = 256;

export interface SamplingOptions {
  seed: number;
  steps: number;
  guidance: number;
  sampler: SamplerName;
}

/** Ranges of the options; the defaults are as the release samples. */
export const samplingOptions: z.ZodType<SamplingOptions> = z.object({
  seed: z.number().int().min(0).max(0xffff_ffff).default(0),
  steps: z.number().int().min(1).max(1000).default(300),
  guidance: z.number().min(0).default(3),
  sampler: z.enum(SAMPLER_NAMES).default('ddpm'),
});

/** The frames that CLIP encoded. */
export interface EncodedFrames {
  /** [T, embedding_dim]. */
  tokens: Float32Array;
  /** [T] seconds. */
  times: readonly number[];
}

export class VtaLdmPipeline {
  readonly networks: VtaLdmNetworks;
  /** Sizes of latents: rows of one window and of what neighbours share, columns, values and samples of sound a row. */
  readonly #window: number;
  readonly #overlap: number;
  readonly #columns: number;
  readonly #perRow: number;
  readonly #samplesPerRow: number;

  constructor(networks: VtaLdmNetworks) {
    const { vocoder, unet } = networks.config;
    const { reduction } = networks;
    this.networks = networks;
    this.#window = WINDOW_FRAMES / reduction;
    this.#overlap = OVERLAP_FRAMES / reduction;
    this.#columns = vocoder.num_mels / reduction;
    this.#perRow = this.#columns * unet.inChannels;
    this.#samplesPerRow = MEL_HOP * reduction;
  }

  static async load(engine: Engine, folder: string, options: LoadOptions = {}): Promise<VtaLdmPipeline> {
    return new VtaLdmPipeline(await VtaLdmNetworks.load(engine, folder, options));
  }

  /** The chosen frames of a clip, encoded. Throws a MediaError for what is wrong with the clip. */
  async encode(clip: Clip, options: CallOptions & { frameRule?: FrameRule } = {}): Promise<EncodedFrames> {
    const { frameRule: rule, signal } = options;
    const { frames, times } = await clipFrames(clip, { rule, size: this.networks.config.clip.image_size, signal });
    const { tokens } = await this.networks.encodeFrames(frames, { onProgress: options.onProgress, signal });
    // A part that has done its work gives back what it worked in: beside the weights only one part's is held at a time.
    await this.networks.releasePlans();
    return { tokens, times };
  }

  /** Mono sound at SAMPLE_RATE in [−1, 1], for a picture that lasts `seconds`. */
  async generate(
    { tokens, times }: EncodedFrames,
    seconds: number,
    options: SamplingOptions & CallOptions,
  ): Promise<Float32Array> {
    const width = this.networks.config.tokens.embedding_dim;
    const rows = Math.max(1, Math.ceil((seconds * SAMPLE_RATE) / this.#samplesPerRow));
    const rowSeconds = this.#samplesPerRow / SAMPLE_RATE;
    const windows = windowStarts(rows, this.#window, this.#overlap).map((start) => ({
      start,
      tokens: tokensOf(tokens, width, times, start * rowSeconds, (start + this.#window) * rowSeconds),
    }));
    const latents = await this.#sample(windows, Math.max(rows, this.#window), options);
    await this.networks.releasePlans();
    const sound = await this.#decode(latents, windows, options);
    const samples = new Float32Array(Math.round(seconds * SAMPLE_RATE));
    samples.set(sound.subarray(0, samples.length));
    return samples.map((x) => Math.max(-1, Math.min(1, x)));
  }

  /** From noise to latents [rows, bands / r, channels]; where windows overlap their predictions are averaged at every step. */
  #sample(
    windows: readonly { start: number; tokens: Float32Array }[],
    rows: number,
    { seed, steps, guidance, sampler, onProgress, signal }: SamplingOptions & CallOptions,
  ): Promise<Float64Array> {
    const { networks } = this;
    const perRow = this.#perRow;
    const window = this.#window;
    const shape = { batch: 1, height: window, width: this.#columns };
    const overlap = this.#overlap;
    const noise = (step: number): Float64Array =>
      randomNumbers('normal', rows * perRow, { seed: [seed >>> 0, 0], step, stream: 0 });
    return runTrajectory(createSampler(networks.config.scheduler, { kind: sampler, steps }), {
      initial: noise(0),
      noise: (step) => noise(step + 1),
      async denoise(sample, timestep) {
        const joined = new WindowAverage(rows, perRow, { window, overlap });
        for (const { start, tokens } of windows) {
          signal?.throwIfAborted();
          const latent = Float32Array.from(sample.subarray(start * perRow, (start + window) * perRow));
          joined.add(start, await networks.guided(latent, shape, { timestep, tokens, guidance }));
        }
        return joined.average();
      },
      onStep: (done, total) => onProgress?.('denoising', done, total),
      ...(signal && { signal }),
    });
  }

  /** Latents to sound, window by window, cross-faded where they overlap. */
  async #decode(
    latents: Float64Array,
    windows: readonly { start: number }[],
    { onProgress, signal }: CallOptions,
  ): Promise<Float32Array> {
    const perRow = this.#perRow;
    const samplesPerRow = this.#samplesPerRow;
    const length = (latents.length / perRow) * samplesPerRow;
    const shape = { batch: 1, height: this.#window, width: this.#columns };
    const joined = new WindowAverage(length, 1, {
      window: this.#window * samplesPerRow,
      overlap: this.#overlap * samplesPerRow,
    });
    for (const [i, { start }] of windows.entries()) {
      signal?.throwIfAborted();
      const window = Float32Array.from(latents.subarray(start * perRow, (start + this.#window) * perRow));
      const sound = await this.networks.vocode(await this.networks.decode(window, shape), 1);
      joined.add(start * samplesPerRow, sound);
      onProgress?.('decoding', i + 1, windows.length);
    }
    return Float32Array.from(joined.average());
  }
}

/** Tokens of the frames with times in [from, to); a window that no frame falls into has the last one before it. */
function tokensOf(
  tokens: Float32Array,
  width: number,
  times: readonly number[],
  from: number,
  to: number,
): Float32Array {
  const inside = times.flatMap((time, i) => (time >= from && time < to ? [i] : []));
  const chosen = inside.length > 0 ? inside : [Math.max(0, times.filter((time) => time < from).length - 1)];
  const out = new Float32Array(chosen.length * width);
  for (const [i, frame] of chosen.entries()) out.set(tokens.subarray(frame * width, (frame + 1) * width), i * width);
  return out;
}
