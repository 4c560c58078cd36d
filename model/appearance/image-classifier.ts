/** EfficientNet-Lite on a device: images in, features and ImageNet classes out. */

import { type Engine, Graph, type RunOptions } from '../../engine/engine.js';
import { efficientNetLiteCheckpoint, openCheckpoint, uploadWeights } from '../../weights/index.js';
import {
  countParameters,
  EFFICIENTNET_LITE0,
  type EfficientNetLiteConfig,
  efficientNetLite,
  type ParameterSpec,
  Parameters,
  type ParametersOptions,
  PlanCache,
} from '../networks/index.js';

/** What a checkpoint keeps beside its parameters: running statistics. */
const STATISTICS = /\.(running_mean|running_var|num_batches_tracked)$/;

export interface ClassifierOptions {
  /** Default EFFICIENTNET_LITE0. */
  config?: EfficientNetLiteConfig;
  /** How kernels and matrices are stored; f16 halves their memory. Default f32. */
  dtype?: 'f32' | 'f16';
  signal?: AbortSignal;
}

/** A signal that stops it, and what is told of kernels that compile. */
export type ClassifyOptions = Pick<RunOptions, 'signal' | 'onCompiling'>;

export interface Classified {
  /** [T, config.head]. */
  features: Float32Array;
  /** [T, config.classes], before softmax. */
  logits: Float32Array;
}

export class ImageClassifier {
  readonly config: EfficientNetLiteConfig;
  /** As counted in the checkpoint, with those of batch norm. */
  readonly parameterCount: number;
  readonly #plans: PlanCache;

  private constructor(engine: Engine, config: EfficientNetLiteConfig, options: ParametersOptions, count: number) {
    this.config = config;
    this.parameterCount = count;
    this.#plans = new PlanCache(engine, options);
  }

  /**
   * Loads a published checkpoint, of the PyTorch package or of timm.
   *
   * @throws {WeightsError} when the file is none of these, or the signal's reason.
   */
  static async load(engine: Engine, path: string, options: ClassifierOptions = {}): Promise<ImageClassifier> {
    const { config = EFFICIENTNET_LITE0, dtype = 'f32', signal } = options;
    const checkpoint = await openCheckpoint(path);
    try {
      const folded = await efficientNetLiteCheckpoint(checkpoint, config);
      const p = new Parameters(new Graph(), { weights: dtype });
      trace(p, config);
      await uploadWeights(folded, p.specs.values(), engine, {
        dtype: (spec) => (spec as ParameterSpec).storage,
        ...(signal && { signal }),
      });
      const counted = [...checkpoint.tensors].filter(([name]) => !STATISTICS.test(name)).map(([, tensor]) => tensor);
      return new ImageClassifier(engine, config, { weights: dtype }, countParameters(counted));
    } finally {
      await checkpoint.close();
    }
  }

  /**
   * Images [T, size, size, 3], normalized as `efficientNetLite` takes them. They are classified one by one: it is as fast
   * on processors, and a single plan serves any number in little memory.
   */
  async classify(images: Float32Array, options: ClassifyOptions = {}): Promise<Classified> {
    const { size, head, classes } = this.config;
    const perImage = size * size * 3;
    const count = images.length / perImage;
    const features = new Float32Array(count * head);
    const logits = new Float32Array(count * classes);
    const plan = await this.#plans.get('classify', (p) => trace(p, this.config));
    for (let i = 0; i < count; i++) {
      const out = await plan.run({ image: images.subarray(i * perImage, (i + 1) * perImage) }, options);
      features.set(out.features!, i * head);
      logits.set(out.logits!, i * classes);
    }
    return { features, logits };
  }

  async dispose(): Promise<void> {
    await this.#plans.dispose();
  }
}

function trace(p: Parameters, config: EfficientNetLiteConfig): void {
  const image = p.graph.input('image', [1, config.size, config.size, 3]);
  const { features, logits } = efficientNetLite(p, config, image);
  p.graph.output('features', features);
  p.graph.output('logits', logits);
}
