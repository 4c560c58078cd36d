/** What the best possible system would score: the true audio, plain and through the default model's codec. */

import { type Engine, Graph, type Plan } from '../../../engine/engine.js';
import { Parameters } from '../../networks/index.js';
import { OnsetPipeline } from '../../onset/pipeline.js';
import { windowStarts } from '../../samplers/index.js';
import { SOUND_RATE } from '../datasets/dataset.js';
import type { System } from './system.js';

/** The clip's own sound. */
export function trueAudio(): System {
  return {
    name: 'true audio',
    kind: 'reference',
    description: 'The clip’s own sound: the best that the measures allow.',
    seeded: false,
    hasOffset: true,
    soundFor: async ({ sound }) => sound && { samples: sound, sampleRate: SOUND_RATE },
  };
}

/** Latent frames that are decoded at once. */
const WINDOW = 128;

/**
 * The clip's own sound, encoded and decoded by the codec of the default model: no sound of that model can be better.
 *
 * @param folder of the model's weights
 */
export function throughCodec(engine: Engine, folder: string): System {
  let codec: Promise<CodecRoundTrip> | undefined;
  return {
    name: 'true audio through the codec',
    kind: 'reference',
    description:
      'The clip’s own sound, encoded and decoded by the default model’s codec: what its generator could reach.',
    seeded: false,
    hasOffset: true,
    async soundFor({ sound }, { signal }) {
      if (!sound) return undefined;
      codec ??= CodecRoundTrip.load(engine.fork(), folder);
      return { samples: await (await codec).run(sound, signal), sampleRate: SOUND_RATE };
    },
    async dispose() {
      const loaded = await codec?.catch(() => undefined);
      codec = undefined;
      await loaded?.dispose();
    },
  };
}

class CodecRoundTrip {
  readonly #pipeline: OnsetPipeline;
  readonly #plan: Plan;

  private constructor(pipeline: OnsetPipeline, plan: Plan) {
    this.#pipeline = pipeline;
    this.#plan = plan;
  }

  /** The engine becomes its own. */
  static async load(engine: Engine, folder: string): Promise<CodecRoundTrip> {
    const pipeline = await OnsetPipeline.load(engine, folder);
    const { codec } = pipeline.model;
    const graph = new Graph();
    const p = new Parameters(graph);
    const sound = graph.input('sound', [1, WINDOW * codec.samplesPerLatent]);
    graph.output('sound', codec.decode(p, codec.encode(p, sound)));
    return new CodecRoundTrip(pipeline, await engine.compile(graph));
  }

  /** By windows that overlap by what a sample depends on on either side, so that they are those of one piece. */
  async run(sound: Float32Array, signal: AbortSignal | undefined): Promise<Float32Array> {
    const { samplesPerLatent, context, encoderContext } = this.#pipeline.model.codec;
    const total = Math.ceil(sound.length / samplesPerLatent);
    const reach = context + encoderContext;
    const out = new Float32Array(total * samplesPerLatent);
    for (const start of windowStarts(total, WINDOW, 2 * reach)) {
      signal?.throwIfAborted();
      const window = new Float32Array(WINDOW * samplesPerLatent);
      window.set(sound.subarray(start * samplesPerLatent, (start + WINDOW) * samplesPerLatent));
      const { sound: decoded } = await this.#plan.run({ sound: window });
      const from = start === 0 ? 0 : reach;
      const to = Math.min(total - start, WINDOW);
      out.set(decoded!.subarray(from * samplesPerLatent, to * samplesPerLatent), (start + from) * samplesPerLatent);
    }
    return out.subarray(0, sound.length);
  }

  async dispose(): Promise<void> {
    this.#plan.dispose();
    await this.#pipeline.dispose();
    this.#pipeline.engine.dispose();
  }
}
