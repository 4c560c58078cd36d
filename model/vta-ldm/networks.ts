/**
 * The networks of VTA-LDM on a device: one compiled plan a network and size, made at its first use, and the weights of the
 * parts that were loaded. Arrays are row-major and channels-last.
 */

import type { Engine, Tensor } from '../../engine/engine.js';
import { openModelFolder, readTextFile, uploadWeights, VTA_LDM } from '../../weights/index.js';
import {
  type AudioLdmVae,
  audioLdmVae,
  countParameters,
  hifiGan,
  type ParameterSpec,
  type Parameters,
  PlanCache,
  unet2dCondition,
} from '../networks/index.js';
import { guide } from '../samplers/index.js';
import { parseVtaLdmConfig, type VtaLdmConfig } from './config.js';
import { ALL_PARTS, parametersOf, traceVision, type VtaLdmPart } from './parts.js';

/** Frames that CLIP encodes in one run. */
const MAX_FRAMES = 4;

export interface LoadOptions {
  /** Default: all. */
  parts?: readonly VtaLdmPart[];
  /** How matrices and kernels are stored; f16 halves their memory. Default f32. */
  dtype?: 'f32' | 'f16';
  onProgress?: (stage: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Latents [batch, height, width, channels of the config]. */
export interface LatentShape {
  batch: number;
  height: number;
  width: number;
}

export class VtaLdmNetworks {
  readonly engine: Engine;
  readonly config: VtaLdmConfig;
  /** Parameters of each loaded part, as counted in the checkpoint. */
  readonly parameterCounts: ReadonlyMap<VtaLdmPart, number>;
  readonly #vae: AudioLdmVae;
  readonly #plans: PlanCache;

  private constructor(
    engine: Engine,
    config: VtaLdmConfig,
    dtype: 'f32' | 'f16',
    counts: ReadonlyMap<VtaLdmPart, number>,
  ) {
    this.engine = engine;
    this.config = config;
    this.#vae = audioLdmVae(config.vae);
    this.#plans = new PlanCache(engine, { weights: dtype });
    this.parameterCounts = counts;
  }

  /**
   * Loads the published files of a folder (see weights/checkpoints/vta-ldm.ts), with the overrides of its `config.json`.
   *
   * @throws {WeightsError} when a file is missing or does not hold what it should, {VtaLdmConfigError} when `config.json` is
   * not a config of this model, or the signal's reason.
   */
  static async load(engine: Engine, folder: string, options: LoadOptions = {}): Promise<VtaLdmNetworks> {
    const { parts = ALL_PARTS, dtype = 'f32', onProgress, signal } = options;
    const opened = await openModelFolder(folder, VTA_LDM, parts);
    try {
      const config = parseVtaLdmConfig(await readTextFile(`${folder}/config.json`), {
        file: `${folder}/config.json`,
        scaleFactor: opened.values.get('scale_factor')!,
      });
      const counts = new Map<VtaLdmPart, number>();
      for (const part of parts) {
        const checkpoint = opened.parts.get(part)!;
        const specs = parametersOf(config, part, dtype);
        await uploadWeights(checkpoint, specs, engine, {
          dtype: (spec) => (spec as ParameterSpec).storage,
          onProgress: (done, all) => onProgress?.(`loading ${part}`, done, all),
          ...(signal && { signal }),
        });
        counts.set(part, countParameters(checkpoint.tensors.values()));
      }
      return new VtaLdmNetworks(engine, config, dtype, counts);
    } finally {
      await opened.close();
    }
  }

  /** Mel frames, and bands, to one latent. */
  get reduction(): number {
    return this.#vae.reduction;
  }

  /** Frames [T, S, S, 3] in [0, 1] → image embeddings [T, projection_dim] and tokens [T, embedding_dim]. */
  async encodeFrames(
    frames: Float32Array,
    { onProgress, signal }: Pick<LoadOptions, 'onProgress' | 'signal'> = {},
  ): Promise<{ embeds: Float32Array; tokens: Float32Array }> {
    const { clip, tokens: token } = this.config;
    const perFrame = clip.image_size ** 2 * clip.num_channels;
    const count = frames.length / perFrame;
    const embeds = new Float32Array(count * clip.projection_dim);
    const tokens = new Float32Array(count * token.embedding_dim);
    for (let at = 0; at < count; at += MAX_FRAMES) {
      signal?.throwIfAborted();
      const part = Math.min(MAX_FRAMES, count - at);
      const plan = await this.#plans.get(`vision ${part}`, (p) => {
        const input = p.graph.input('frames', [part, clip.image_size, clip.image_size, clip.num_channels]);
        const vision = traceVision(p, this.config, input);
        p.graph.output('embeds', vision.embeds);
        p.graph.output('tokens', vision.tokens);
      });
      const out = await plan.run({ frames: frames.subarray(at * perFrame, (at + part) * perFrame) });
      embeds.set(out.embeds!, at * clip.projection_dim);
      tokens.set(out.tokens!, at * token.embedding_dim);
      onProgress?.('encoding', at + part, count);
    }
    return { embeds, tokens };
  }

  /** The U-Net's prediction for latents [B, H, W, C] at one timestep, given tokens [B, T, D] and their mask [B, T]. */
  async velocity(
    latent: Float32Array,
    shape: LatentShape,
    { timestep, tokens, mask }: { timestep: number; tokens: Float32Array; mask: Float32Array },
  ): Promise<Float32Array> {
    const { batch } = shape;
    const width = this.config.tokens.embedding_dim;
    const length = tokens.length / batch / width;
    const plan = await this.#plans.get(`velocity ${sizes(shape)} ${length}`, (p) => {
      const velocity = p.in('unet', () =>
        unet2dCondition(p, this.config.unet, {
          latent: this.#latentInput(p, shape),
          timestep: p.graph.input('timestep', [batch]),
          tokens: p.graph.input('tokens', [batch, length, width]),
          mask: p.graph.input('mask', [batch, length]),
        }),
      );
      p.graph.output('velocity', velocity);
    });
    const out = await plan.run({ latent, timestep: new Float32Array(batch).fill(timestep), tokens, mask });
    return out.velocity!;
  }

  /**
   * The guided prediction for latents [B, H, W, C], each with its own tokens [B, T, D]. Guidance 1 computes no unconditional
   * branch (the release crashes there).
   */
  async guided(
    latent: Float32Array,
    shape: LatentShape,
    { timestep, tokens, guidance }: { timestep: number; tokens: Float32Array; guidance: number },
  ): Promise<Float32Array> {
    const { batch } = shape;
    const width = this.config.tokens.embedding_dim;
    const length = tokens.length / batch / width;
    const guides = guidance !== 1;
    const plan = await this.#plans.get(`guided ${guides} ${sizes(shape)} ${length}`, (p) => {
      const input = this.#latentInput(p, shape);
      const time = p.graph.input('timestep', [batch]);
      const condition = p.graph.input('tokens', [batch, length, width]);
      const predict = (tokens: Tensor | null): Tensor =>
        p.in('unet', () => unet2dCondition(p, this.config.unet, { latent: input, timestep: time, tokens }));
      const conditional = predict(condition);
      p.graph.output(
        'velocity',
        guides ? guide(conditional, predict(null), p.graph.input('guidance', [1])) : conditional,
      );
    });
    const out = await plan.run({
      latent,
      timestep: new Float32Array(batch).fill(timestep),
      tokens,
      ...(guides && { guidance: Float32Array.of(guidance) }),
    });
    return out.velocity!;
  }

  /** Scaled latents [B, H, W, C] → log mel [B, H·r, W·r], with r the `reduction`. */
  async decode(latent: Float32Array, shape: LatentShape): Promise<Float32Array> {
    const plan = await this.#plans.get(`decode ${sizes(shape)}`, (p) => {
      p.graph.output('mel', this.#vae.decode(p, this.#latentInput(p, shape)));
    });
    return (await plan.run({ latent })).mel!;
  }

  /** Log mel [B, M, bands] → mean and log variance [B, H, W, C], before the scale. */
  async encode(
    mel: Float32Array,
    [batch, frames, bands]: readonly [number, number, number],
  ): Promise<{ mean: Float32Array; logvar: Float32Array }> {
    const plan = await this.#plans.get(`encode ${batch} ${frames} ${bands}`, (p) => {
      const posterior = this.#vae.encode(p, p.graph.input('mel', [batch, frames, bands, 1]));
      p.graph.output('mean', posterior.mean);
      p.graph.output('logvar', posterior.logvar);
    });
    const { mean, logvar } = await plan.run({ mel });
    return { mean: mean!, logvar: logvar! };
  }

  /** Log mel [B, M, num_mels] → sound [B, S] in [−1, 1]. */
  async vocode(mel: Float32Array, batch: number): Promise<Float32Array> {
    const bands = this.config.vocoder.num_mels;
    const frames = mel.length / batch / bands;
    const plan = await this.#plans.get(`vocode ${batch} ${frames}`, (p) => {
      p.graph.output('sound', hifiGan(p, this.config.vocoder, p.graph.input('mel', [batch, frames, bands])));
    });
    return (await plan.run({ mel })).sound!;
  }

  #latentInput(p: Parameters, { batch, height, width }: LatentShape): Tensor {
    return p.graph.input('latent', [batch, height, width, this.config.unet.inChannels]);
  }

  /** Frees the plans and their buffers, but not the weights; plans are compiled anew at their next use. */
  async releasePlans(): Promise<void> {
    await this.#plans.dispose();
  }
}

const sizes = ({ batch, height, width }: LatentShape): string => `${batch}×${height}×${width}`;
