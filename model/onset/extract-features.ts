/** From the frames of a clip to what the model knows of it, in one decode. */

import type { Engine } from '../../engine/engine.js';
import { appearanceFormat, type ClassifiedClip, type Classifier, SceneClassifier } from '../appearance/index.js';
import type { Clip, ImageFormat } from '../media/index.js';
import { compilingStage } from '../networks/index.js';
import type { CallOptions } from '../video-to-audio.js';
import { FlowExtractor } from './flow-extractor.js';
import type { VisualFeatures } from './pipeline.js';

export interface ExtractOptions extends CallOptions {
  /** Pixels a side at which flow is measured. */
  size: number;
  /** One for frames of this size, for many clips; it stays the caller's. By default each call makes its own. */
  extractor?: FlowExtractor;
  /** Classifies the scenes of the clip from the same frames. */
  classifier?: Classifier | undefined;
}

export interface ExtractedClip {
  features: VisualFeatures;
  /** With a `classifier`. */
  classified?: ClassifiedClip;
}

/**
 * Streams a clip's frames through the flow kernels, and the classifier; only a few frames are ever in memory.
 *
 * @throws {MediaError} for what is wrong with the clip, or the signal's reason.
 */
export async function extractFeatures(
  engine: Engine,
  clip: Clip,
  { size, extractor: given, classifier, onProgress, signal }: ExtractOptions,
): Promise<ExtractedClip> {
  const formats: Record<string, ImageFormat> = {
    flow: { pixels: 'gray8', size: { width: size, height: size } },
    ...(classifier && { appearance: appearanceFormat(classifier) }),
  };
  const onCompiling = compilingStage(onProgress);
  const extractor = given ?? new FlowExtractor(engine, size, size, { onCompiling });
  const scenes = classifier && new SceneClassifier(classifier, size, { signal, onCompiling });
  try {
    for await (const { images, time } of clip.frames(formats, { signal })) {
      await scenes?.push({ appearance: images.appearance!, gray: images.flow! }, time);
      await extractor.push(images.flow!, time);
      onProgress?.('reading frames', Math.min(time, clip.seconds), clip.seconds);
    }
    const { seconds } = clip;
    const features = { seconds, flow: await extractor.finish() };
    return { features, ...(scenes && { classified: await scenes.finish(seconds) }) };
  } finally {
    if (!given) extractor.dispose();
  }
}
