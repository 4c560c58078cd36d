/**
 * Our own audio tagger, trained on this engine (weights/onset-tagger; its README says on what, and what it hears). The
 * figures on its embedding are FD-onset, KL-onset and IS-onset: they compare with one another, and with no published FAD.
 */

import type { Engine } from '../../../engine/engine.js';
import { packagePath } from '../../../engine/platform/package-path.js';
import { AudioTagger, meanOfWindows, TAGGER_SAMPLE_RATE } from '../../networks/index.js';
import { soundAtRate } from './sound-at-rate.js';
import type { EmbedOptions, SoundEmbeddings, SoundTagger } from './tagger.js';

export class OnsetTagger implements SoundTagger {
  readonly name = 'onset';
  readonly sampleRate: number = TAGGER_SAMPLE_RATE;
  readonly #engine: Engine;
  readonly #tagger: AudioTagger;

  private constructor(engine: Engine, tagger: AudioTagger) {
    this.#engine = engine;
    this.#tagger = tagger;
  }

  get classes(): readonly string[] {
    return this.#tagger.config.classes;
  }

  /**
   * Loads the shipped weights, or those of another folder that `node engine train` wrote, with variables of their own on the
   * engine's device.
   *
   * @throws {WeightsError} when a file is missing, or is not what its manifest says
   */
  static async load(engine: Engine, folder: string = packagePath('weights', 'onset-tagger')): Promise<OnsetTagger> {
    const own = engine.fork();
    try {
      return new OnsetTagger(own, await AudioTagger.load(own, folder));
    } catch (error) {
      own.dispose();
      throw error;
    }
  }

  async embed(sounds: readonly Float32Array[], options: EmbedOptions = {}): Promise<SoundEmbeddings> {
    const { sampleRate = this.sampleRate, onProgress, signal } = options;
    const embeddings: Float32Array[] = [];
    const windows: Float32Array[][] = [];
    const logits: Float32Array[] = [];
    for (const [i, sound] of sounds.entries()) {
      const atRate = soundAtRate(sound, { tagger: this.name, index: i, from: sampleRate, to: this.sampleRate });
      const [tagged = []] = await this.#tagger.tag([atRate], { ...(signal && { signal }) });
      const mean = meanOfWindows(tagged);
      embeddings.push(mean.embedding);
      logits.push(mean.logits);
      windows.push(tagged.map(({ embedding }) => embedding));
      onProgress?.(i + 1, sounds.length);
    }
    return { embeddings, windows, logits };
  }

  async dispose(): Promise<void> {
    await this.#tagger.dispose();
    this.#engine.dispose();
  }
}
