/** The library's entry for Node: one call from a video file to its sound, with the models that it loads kept in between. */

import { createEngine, DeviceLostError, type Engine } from '../engine/engine.js';
import { type Clip, type ClipOptions, openClip } from './media/index.js';
import { DEFAULT_MODEL, openModel } from './models.js';
import type { CallOptions, GeneratedSound, GenerateOptions, VideoToAudioModel } from './video-to-audio.js';

export { AdapterError, DeviceLostError } from '../engine/engine.js';
export { OnsetError } from '../kernels/errors.js';
export { WeightsError } from '../weights/index.js';
export * from './index.js';
export * from './media/index.js';
export { DEFAULT_MODEL, FAMILY_NAMES, openModel, UnknownModelError } from './models.js';
export { NoWeightsError, shippedWeights } from './onset/shipped-weights.js';

export interface SoundForClipOptions extends GenerateOptions, CallOptions, Omit<ClipOptions, 'signal'> {
  /** A family's name, or a folder of weights; by default the weights that are shipped. */
  model?: string | undefined;
  /** What to compute on, where the caller has it; else all calls share an engine that is opened when first needed. */
  engine?: Engine | undefined;
  gpu?: GPU | undefined;
  device?: GPUDevice | undefined;
}

/** An engine, and the models that were loaded on it, by name or folder. */
interface Host {
  engine: Promise<Engine>;
  /** The engine was made here, and ends here. */
  owned: boolean;
  models: Map<string, Promise<VideoToAudioModel>>;
}

/** By what the caller gave to compute on; `undefined` for the shared engine. */
const hosts = new Map<Engine | GPU | GPUDevice | undefined, Host>();
const running = new Set<Promise<unknown>>();

/**
 * Mono sound for a clip, exactly as long as its picture. Calls may run side by side; the first one with a model loads it,
 * and it stays loaded until `dispose`.
 *
 * @param clip A path, or a clip from `openClip` (whose part then counts): several calls with one clip decode it once.
 * @throws {MediaError} for what is wrong with the clip, {WeightsError} for the weights, {AdapterError} without a GPU,
 * {InvalidOptionsError} or {UnknownSoundError} for options, or the signal's reason.
 */
export async function soundForClip(clip: string | Clip, options: SoundForClipOptions = {}): Promise<GeneratedSound> {
  const call = generate(clip, options);
  running.add(call);
  try {
    return await call;
  } finally {
    running.delete(call);
  }
}

/** Waits for the calls that are running, then frees all models and the engines that `soundForClip` opened. */
export async function dispose(): Promise<void> {
  await Promise.allSettled(running);
  const ended = [...hosts.values()];
  hosts.clear();
  await Promise.all(ended.map(disposeHost));
}

async function generate(clip: string | Clip, options: SoundForClipOptions): Promise<GeneratedSound> {
  const { start, duration, model = DEFAULT_MODEL, engine, gpu, device, ...rest } = options;
  const { signal } = options;
  const opened = typeof clip === 'string' ? await openClip(clip, { start, duration, signal }) : clip;
  for (let attempt = 0; ; attempt++) {
    const host = hostFor(engine ?? device ?? gpu, { engine, gpu, device });
    try {
      const loaded = await abortable(modelOf(host, model, rest), signal);
      return await loaded.generate(opened, rest);
    } catch (error) {
      // A lost device takes everything on it along; one fresh start is fair, a second loss is a fault to report.
      if (!(error instanceof DeviceLostError) || !host.owned || device || attempt > 0) throw error;
      for (const [key, each] of hosts) if (each === host) hosts.delete(key);
    }
  }
}

function hostFor(key: Engine | GPU | GPUDevice | undefined, { engine, gpu, device }: SoundForClipOptions): Host {
  let host = hosts.get(key);
  if (!host) {
    const opened = engine ? Promise.resolve(engine) : createEngine({ ...(gpu && { gpu }), ...(device && { device }) });
    host = { engine: opened, owned: engine === undefined, models: new Map() };
    hosts.set(key, host);
    opened.catch(() => hosts.delete(key));
  }
  return host;
}

/** The model, loaded once; a failed load is tried again by the next call. It is not stopped by one call's signal. */
function modelOf({ engine, models }: Host, name: string, { onProgress }: CallOptions): Promise<VideoToAudioModel> {
  let model = models.get(name);
  if (!model) {
    model = engine.then((opened) => openModel(opened, name, { onProgress }));
    models.set(name, model);
    model.catch(() => models.delete(name));
  }
  return model;
}

async function disposeHost({ engine, owned, models }: Host): Promise<void> {
  for (const model of models.values()) await model.then((loaded) => loaded.dispose()).catch(() => {});
  if (owned) (await engine.catch(() => undefined))?.dispose();
}

/** The promise, or the signal's reason as soon as it aborts. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
