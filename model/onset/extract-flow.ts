/** From a video file to what the flow encoder sees of it. */

import type { Engine } from '../../engine/engine.js';
import { openFrames, partDuration } from '../media/frames.js';
import { FlowExtractor } from './flow-extractor.js';
import type { SeenClip } from './pipeline.js';

export interface WatchOptions {
  /** Seconds of the part to look at. */
  start?: number;
  duration?: number;
  /** One for frames of this size, to watch many clips with; it stays the caller's. By default each call makes its own. */
  extractor?: FlowExtractor;
  onProgress?: (stage: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Streams a clip's frames, `size` pixels a side, through the flow kernels; only a few frames are ever in memory. */
export async function watch(
  engine: Engine,
  path: string,
  size: number,
  { start, duration, extractor: given, onProgress, signal }: WatchOptions = {},
): Promise<SeenClip> {
  const stream = await openFrames(path, { format: 'gray8', width: size, height: size, start, duration, signal });
  const seconds = partDuration(stream.info, start, duration);
  const extractor = given ?? new FlowExtractor(engine, size, size);
  try {
    for await (const { pixels, time } of stream) {
      await extractor.push(pixels, time);
      onProgress?.('watching', Math.min(time, seconds), seconds);
    }
    return { seconds, flow: await extractor.finish() };
  } finally {
    if (!given) extractor.dispose();
  }
}
