/** EfficientNet-Lite on a device: pictures in, features and ImageNet classes out. */

import { type Engine, Graph } from '../../engine/engine.js';
import { efficientNetLiteCheckpoint, openCheckpoint, uploadWeights } from '../../weights/index.js';
import { EFFICIENTNET_LITE0, type EfficientNetLiteConfig, efficientNetLite } from '../encoders/efficientnet-lite.js';
import { countParameters, type ParameterSpec, Parameters, type ParametersOptions } from '../parameters.js';
import { PlanCache } from '../plan-cache.js';

/** Pictures that are looked at in one run: two keep every processor busy, more only take memory. */
const MOST_PICTURES = 2;
/** What a checkpoint keeps beside its parameters: running statistics. */
const STATISTICS = /\.(running_mean|running_var|num_batches_tracked)$/;

export interface ClassifierOptions {
  /** Default EFFICIENTNET_LITE0. */
  config?: EfficientNetLiteConfig;
  /** How kernels and matrices are stored; f16 halves their memory. Default f32. */
  dtype?: 'f32' | 'f16';
  signal?: AbortSignal;
}

export interface Classified {
  /** [T, config.head]. */
  features: Float32Array;
  /** [T, config.classes], before softmax. */
  logits: Float32Array;
}

export class PictureClassifier {
  readonly config: EfficientNetLiteConfig;
  /** As counted in the checkpoint, with those of batch norm. */
  readonly parameterCount: number;
  readonly #plans: PlanCache;

  private constructor(engine: Engine, config: EfficientNetLiteConfig, options: ParametersOptions, count: number) {
    this.config = config;
    this.parameterCount = count;
    this.#plans = new PlanCache(engine, options);
  }

  /** Loads a published checkpoint, of the PyTorch package or of timm. Throws a WeightsError, or the signal's reason. */
  static async load(engine: Engine, path: string, options: ClassifierOptions = {}): Promise<PictureClassifier> {
    const { config = EFFICIENTNET_LITE0, dtype = 'f32', signal } = options;
    const checkpoint = await openCheckpoint(path);
    try {
      const folded = await efficientNetLiteCheckpoint(checkpoint, config);
      const p = new Parameters(new Graph(), { weights: dtype });
      trace(p, config, 1);
      await uploadWeights(folded, p.specs.values(), engine, {
        dtype: (spec) => (spec as ParameterSpec).storage,
        ...(signal && { signal }),
      });
      const counted = [...checkpoint.tensors].filter(([name]) => !STATISTICS.test(name)).map(([, tensor]) => tensor);
      return new PictureClassifier(engine, config, { weights: dtype }, countParameters(counted));
    } finally {
      await checkpoint.close();
    }
  }

  /** Pictures [T, size, size, 3], normalised as `efficientNetLite` takes them. */
  async see(pictures: Float32Array, signal?: AbortSignal): Promise<Classified> {
    const { size, head, classes } = this.config;
    const perPicture = size * size * 3;
    const count = pictures.length / perPicture;
    const features = new Float32Array(count * head);
    const logits = new Float32Array(count * classes);
    for (let at = 0; at < count; at += MOST_PICTURES) {
      signal?.throwIfAborted();
      const part = Math.min(MOST_PICTURES, count - at);
      const plan = await this.#plans.get(`see ${part}`, (p) => trace(p, this.config, part));
      const out = await plan.run({ pictures: pictures.subarray(at * perPicture, (at + part) * perPicture) });
      features.set(out.features!, at * head);
      logits.set(out.logits!, at * classes);
    }
    return { features, logits };
  }

  async dispose(): Promise<void> {
    await this.#plans.dispose();
  }
}

function trace(p: Parameters, config: EfficientNetLiteConfig, count: number): void {
  const pictures = p.graph.input('pictures', [count, config.size, config.size, 3]);
  const { features, logits } = efficientNetLite(p, config, pictures);
  p.graph.output('features', features);
  p.graph.output('logits', logits);
}
