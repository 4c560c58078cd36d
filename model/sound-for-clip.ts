/** One call from a video file to its sound, with one engine and one loaded model for the whole process. */

import { createEngine, DeviceLostError, type Engine } from '../engine/engine.js';
import { DEFAULTS, type GeneratedSound, Pipeline } from './pipeline.js';
import { shippedWeights } from './shipped-weights.js';
import { watch } from './watch.js';

export interface SoundForClipOptions {
  seed?: number;
  steps?: number;
  guidance?: number;
  /** A sound class of the model; absent: what the pictures look like. */
  sound?: string;
  /** Seconds of the part to work on. */
  start?: number;
  duration?: number;
  /** Folder of weights; absent: the shipped ones. */
  model?: string;
  onProgress?: (stage: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

let loaded: { engine: Engine; pipeline: Pipeline; folder: string } | null = null;

async function load(folder: string): Promise<{ engine: Engine; pipeline: Pipeline }> {
  if (loaded?.folder !== folder) {
    loaded?.engine.dispose();
    const engine = await createEngine();
    loaded = { engine, pipeline: await Pipeline.load(engine, folder), folder };
  }
  return loaded;
}

/**
 * Mono 16 kHz sound for a clip, exactly as long as its picture. Throws a MediaError for what is wrong with the clip, a
 * WeightsError for the weights, AdapterError without a GPU, or the signal's reason.
 */
export async function soundForClip(path: string, options: SoundForClipOptions = {}): Promise<GeneratedSound> {
  const folder = options.model ?? shippedWeights();
  for (let attempt = 0; ; attempt++) {
    const { engine, pipeline } = await load(folder);
    try {
      const { encoder } = pipeline.model.config;
      if (encoder.kind !== 'flow') {
        throw new TypeError(`run needs a model with a flow encoder, not '${encoder.kind}'`);
      }
      const seen = await watch(engine, path, encoder.pictureWidth, options);
      const [sound] = await pipeline.generate([seen], { ...DEFAULTS, ...definedOf(options) });
      return sound!;
    } catch (error) {
      // A lost device takes everything on it along; one fresh start is fair, a second loss is a fault to report.
      if (!(error instanceof DeviceLostError) || attempt > 0) throw error;
      loaded = null;
    }
  }
}

/** Options that are given, so that absent ones do not hide defaults. */
function definedOf(options: SoundForClipOptions): SoundForClipOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
