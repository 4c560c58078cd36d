/** The audio tagger with its weights: loaded from a folder, run on sounds of any length. */

import { type Engine, Graph } from '../../engine/engine.js';
import { loadTensors, openSafetensors, verify, withFile } from '../../weights/index.js';
import { windowStarts } from '../samplers/index.js';
import { type AudioTaggerConfig, audioTagger, audioTaggerConfig, taggerMel } from './audio-tagger.js';
import { Parameters } from './parameters.js';
import { PlanCache } from './plan-cache.js';

/** The weights within their folder. */
export const TAGGER_FILE = 'tagger.safetensors';
/** Samples of a window: 2.56 s. */
export const TAGGER_WINDOW = 40_960;
/** Windows that run in one batch. */
const BATCH = 8;
/** A window whose power is below this share of the loudest one's counts as silent: −60 dB. */
const SILENT = 1e-6;

export interface TaggedWindow {
  /** [config.embedding]. */
  embedding: Float32Array;
  /** [config.classes], before softmax. */
  logits: Float32Array;
}

export class AudioTagger {
  readonly config: AudioTaggerConfig;
  readonly #plans: PlanCache;

  private constructor(engine: Engine, config: AudioTaggerConfig) {
    this.config = config;
    this.#plans = new PlanCache(engine);
  }

  /**
   * Loads a folder with a manifest, as `node engine train` writes it. The weights are variables `tagger.…` of the engine.
   *
   * @throws {WeightsError} when a file is missing, or is not what the manifest says
   */
  static async load(engine: Engine, folder: string): Promise<AudioTagger> {
    await verify(folder);
    return withFile(`${folder}/${TAGGER_FILE}`, async (source) => {
      const file = await openSafetensors(source);
      const config = audioTaggerConfig.parse(JSON.parse(file.metadata.model ?? 'null'));
      const p = new Parameters(new Graph());
      trace(p, config);
      // Our own files keep the dimensions in our own order.
      const specs = [...p.specs.values()].map(({ name, shape }) => ({ name, shape }));
      const weights = await loadTensors(file, specs);
      for (const { name, shape } of specs) engine.variables.write(name, { shape, dtype: 'f32' }, weights.get(name)!);
      return new AudioTagger(engine, config);
    });
  }

  /**
   * The windows of each sound, mono at TAGGER_SAMPLE_RATE in [−1, 1], of any length from one sample on: 2.56 s each, in order
   * of time, overlapping by half or more. A sound that is shorter is followed by silence; windows that are silent beside
   * the loudest one (60 dB below it) are left out, so that how long a sound is followed by silence does not matter.
   *
   * @throws the signal's reason
   */
  async tag(sounds: readonly Float32Array[], { signal }: { signal?: AbortSignal } = {}): Promise<TaggedWindow[][]> {
    const results: TaggedWindow[][] = sounds.map(() => []);
    const windows = sounds.flatMap((sound, i) => soundingWindows(sound).map((part) => ({ part, of: results[i]! })));
    const plan = await this.#plans.get('tag', (p) => trace(p, this.config));
    const { embedding: dimension, classes } = this.config;
    for (let at = 0; at < windows.length; at += BATCH) {
      signal?.throwIfAborted();
      const batch = windows.slice(at, at + BATCH);
      const sound = new Float32Array(BATCH * TAGGER_WINDOW);
      for (const [b, { part }] of batch.entries()) sound.set(part, b * TAGGER_WINDOW);
      const out = await plan.run({ sound });
      for (const [b, { of }] of batch.entries()) {
        of.push({
          embedding: out.embedding!.slice(b * dimension, (b + 1) * dimension),
          logits: out.logits!.slice(b * classes.length, (b + 1) * classes.length),
        });
      }
    }
    return results;
  }

  async dispose(): Promise<void> {
    await this.#plans.dispose();
  }
}

function trace(p: Parameters, config: AudioTaggerConfig): void {
  const sound = p.graph.input('sound', [BATCH, TAGGER_WINDOW]);
  const { embedding, logits } = p.in('tagger', () => audioTagger(p, config, taggerMel(sound, config)));
  p.graph.output('embedding', embedding);
  p.graph.output('logits', logits);
}

/** The windows of a sound that are not silent, or the first where all are. */
function soundingWindows(sound: Float32Array): Float32Array[] {
  const starts = windowStarts(sound.length, TAGGER_WINDOW, TAGGER_WINDOW / 2);
  const windows = starts.map((start) => sound.subarray(start, start + TAGGER_WINDOW));
  const powers = windows.map((window) => window.reduce((sum, value) => sum + value * value, 0));
  const loudest = powers.reduce((a, b) => Math.max(a, b), 0);
  const sounding = windows.filter((_, i) => loudest > 0 && powers[i]! >= SILENT * loudest);
  return sounding.length > 0 ? sounding : windows.slice(0, 1);
}

/** The mean of the windows' embeddings and logits; at least one window. */
export function meanOfWindows(windows: readonly TaggedWindow[]): TaggedWindow {
  const mean = (of: 'embedding' | 'logits'): Float32Array => {
    const sum = new Float64Array(windows[0]![of].length);
    for (const window of windows) for (const [i, value] of window[of].entries()) sum[i]! += value;
    return Float32Array.from(sum, (total) => total / windows.length);
  };
  return { embedding: mean('embedding'), logits: mean('logits') };
}
