/** A published network on a device: sounds to spectrograms, spectrograms to embeddings and logits, a window at a time. */

import { type Engine, Graph, type Plan, type Tensor } from '../../../engine/engine.js';
import { type Checkpoint, uploadWeights } from '../../../weights/index.js';
import { Parameters, PlanCache } from '../../networks/index.js';
import { soundAtRate } from './sound-at-rate.js';
import type { EmbedOptions, SoundEmbeddings, SoundTagger } from './tagger.js';

/** What a network hears of a window: row-major [rows, columns]. */
export interface Spectrogram {
  values: Float32Array;
  rows: number;
  columns: number;
}

/** A network with the front end that it was trained with, and its weights. */
export interface SoundNetwork {
  readonly name: string;
  /** Hz. */
  readonly sampleRate: number;
  /** Number of classes; absent for a network without. */
  readonly classes?: number;
  /** The least spectrogram, by which the parameters are listed. */
  readonly least: { rows: number; columns: number };
  /** The windows of a sound at `sampleRate`, of at least one sample; all of one shape. */
  spectrograms(sound: Float32Array): Spectrogram[];
  /** A spectrogram [1, rows, columns, 1] to its embedding [1, …] and logits [1, classes]. */
  trace(p: Parameters, spectrogram: Tensor): { embedding: Tensor; logits?: Tensor };
  /** The checkpoint with the parameters' names. */
  weights(): Promise<Checkpoint>;
}

interface Heard {
  embedding: Float32Array;
  logits?: Float32Array;
}

export class NetworkTagger implements SoundTagger {
  readonly name: string;
  readonly sampleRate: number;
  readonly classes?: readonly string[];
  readonly #engine: Engine;
  readonly #network: SoundNetwork;
  readonly #plans: PlanCache;

  private constructor(engine: Engine, network: SoundNetwork, classes: readonly string[] | undefined) {
    this.name = network.name;
    this.sampleRate = network.sampleRate;
    if (classes) this.classes = classes;
    this.#engine = engine;
    this.#network = network;
    this.#plans = new PlanCache(engine);
  }

  /**
   * Uploads the network to the engine's device, with variables of its own there.
   *
   * @param classes names, as many as the network has classes
   * @throws {TensorMatchError} when the tensors of the checkpoint are not the network's; the signal's reason
   */
  static async load(
    engine: Engine,
    network: SoundNetwork,
    classes: readonly string[] | undefined,
    signal?: AbortSignal,
  ): Promise<NetworkTagger> {
    const own = engine.fork();
    try {
      const p = new Parameters(new Graph());
      trace(p, network, network.least);
      await uploadWeights(await network.weights(), p.specs.values(), own, { ...(signal && { signal }) });
      return new NetworkTagger(own, network, classes);
    } catch (error) {
      own.dispose();
      throw error;
    }
  }

  async embed(sounds: readonly Float32Array[], options: EmbedOptions = {}): Promise<SoundEmbeddings> {
    const { sampleRate = this.sampleRate, onProgress, signal } = options;
    const heard: Heard[][] = [];
    for (const [i, sound] of sounds.entries()) {
      signal?.throwIfAborted();
      const atRate = soundAtRate(sound, { tagger: this.name, index: i, from: sampleRate, to: this.sampleRate });
      heard.push(await this.#hear(this.#network.spectrograms(atRate), signal));
      onProgress?.(heard.length, sounds.length);
    }
    const windows = heard.map((parts) => parts.map(({ embedding }) => embedding));
    return {
      embeddings: windows.map(mean),
      windows,
      ...(this.classes && { logits: heard.map((parts) => mean(parts.map(({ logits }) => logits!))) }),
    };
  }

  async dispose(): Promise<void> {
    await this.#plans.dispose();
    this.#engine.dispose();
  }

  async #hear(spectrograms: readonly Spectrogram[], signal: AbortSignal | undefined): Promise<Heard[]> {
    const [{ rows, columns }] = spectrograms as [Spectrogram];
    const plan: Plan = await this.#plans.get(`${rows}×${columns}`, (p) => trace(p, this.#network, { rows, columns }));
    const heard: Heard[] = [];
    for (const { values } of spectrograms) {
      const { embedding, logits } = await plan.run({ spectrogram: values }, { ...(signal && { signal }) });
      heard.push({ embedding: embedding!, ...(logits && { logits }) });
    }
    return heard;
  }
}

function trace(p: Parameters, network: SoundNetwork, { rows, columns }: { rows: number; columns: number }): void {
  const { embedding, logits } = network.trace(p, p.graph.input('spectrogram', [1, rows, columns, 1]));
  p.graph.output('embedding', embedding);
  if (logits) p.graph.output('logits', logits);
}

/** The mean of vectors of one length, at least one. */
function mean(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(vectors[0]!.length);
  for (const vector of vectors) for (const [i, value] of vector.entries()) sum[i]! += value;
  return Float32Array.from(sum, (total) => total / vectors.length);
}
