/** The published VTA-LDM behind the interface that all families share. */

import type { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import {
  type CallOptions,
  type Clip,
  type GeneratedSound,
  type GenerateOptions,
  parseOptions,
  UnknownSoundError,
  type VideoToAudioModel,
} from '../video-to-audio.js';
import { SAMPLE_RATE } from './mel.js';
import type { LoadOptions } from './networks.js';
import { type EncodedFrames, type SamplingOptions, samplingOptions, VtaLdmPipeline } from './pipeline.js';

/** Calls wait for one another: the parts of the model free what they worked in before the next begins. */
export class VtaLdmVideoToAudio implements VideoToAudioModel {
  readonly name = 'vta-ldm';
  readonly sampleRate: number = SAMPLE_RATE;
  readonly capabilities: VideoToAudioModel['capabilities'] = { soundClasses: [], appearance: false, events: false };
  readonly options: z.ZodType<SamplingOptions> = samplingOptions;
  readonly #pipeline: VtaLdmPipeline;
  readonly #encoded = new WeakMap<Clip, EncodedFrames>();
  #turn: Promise<unknown> = Promise.resolve();

  /** The pipeline's engine becomes the model's own. */
  constructor(pipeline: VtaLdmPipeline) {
    this.#pipeline = pipeline;
  }

  /** Loads the published files of a folder, as `VtaLdmPipeline.load`. */
  static async load(engine: Engine, folder: string, options: LoadOptions = {}): Promise<VtaLdmVideoToAudio> {
    return new VtaLdmVideoToAudio(await VtaLdmPipeline.load(engine, folder, options));
  }

  async generate(clip: Clip, options: GenerateOptions & CallOptions = {}): Promise<GeneratedSound> {
    if (options.sound !== undefined) {
      throw new UnknownSoundError('VTA-LDM has no sound classes: it follows the images alone');
    }
    const sampling = parseOptions(this.options, this.name, options);
    const call: CallOptions = { onProgress: options.onProgress, signal: options.signal };
    const generated = this.#turn.then(async () => {
      let encoded = this.#encoded.get(clip);
      if (!encoded) {
        encoded = await this.#pipeline.encode(clip, call);
        this.#encoded.set(clip, encoded);
      }
      return this.#pipeline.generate(encoded, clip.seconds, { ...sampling, ...call });
    });
    this.#turn = generated.catch(() => {});
    return { samples: await generated, sampleRate: this.sampleRate, seconds: clip.seconds };
  }

  async dispose(): Promise<void> {
    await this.#turn;
    await this.#pipeline.networks.releasePlans();
    this.#pipeline.networks.engine.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
