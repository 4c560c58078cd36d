/** A stage of a model that can run alone, over named tensors: for parity checks, by `node engine stage`. */

import { createEngine, type Engine } from '../../engine/engine.js';
import { type NamedTensors, StageInputError } from './named-tensors.js';

/** What every stage may be given; a family extends it by its own options. */
export interface StageRequest {
  inputs: NamedTensors;
  /** Folder of the published files, for stages with weights. */
  weights?: string;
  /** Path of a video, for stages that read one. */
  clip?: string;
  /** How matrices and kernels are stored. */
  dtype: 'f32' | 'f16';
  /** Times to run a stage that has weights, default 1; the outputs are those of the first run. */
  runs?: number;
  /** Called with the seconds that loading took and each run; the first run compiles. */
  onTimes?: (load: number, runs: readonly number[]) => void;
  onProgress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

/** What of a request a stage cannot do without. */
export type StageNeed = 'weights' | 'clip' | 'inputs';

export interface ModelStage<Request extends StageRequest = StageRequest> {
  /** As in `node engine stage NAME`. */
  readonly name: string;
  readonly needs: readonly StageNeed[];
  /**
   * Runs the stage once, on an engine of its own where it needs one; gives its outputs by name.
   *
   * @throws {StageInputError} when the request lacks something, or a tensor has another shape; what reading the weights or
   * the clip throws; the signal's reason.
   */
  run(request: Request): Promise<NamedTensors>;
}

/** The folder or path of the request. */
export function neededPath(request: StageRequest, need: 'weights' | 'clip'): string {
  const path = request[need];
  if (path === undefined) throw new StageInputError(`the stage needs ${need}, and the request has none`);
  return path;
}

/** Runs `body` on an engine that is disposed afterwards. */
export async function onOwnEngine<T>(body: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await createEngine();
  try {
    return await body(engine);
  } finally {
    engine.dispose();
  }
}

/** Loads once and runs as often as asked; gives the first outputs. */
export async function timedRuns<Loaded>(
  { runs = 1, onTimes, signal }: StageRequest,
  load: () => Promise<Loaded>,
  run: (loaded: Loaded) => Promise<NamedTensors>,
): Promise<NamedTensors> {
  const times = [performance.now()];
  const loaded = await load();
  times.push(performance.now());
  const outputs = await run(loaded);
  times.push(performance.now());
  while (times.length < runs + 2) {
    signal?.throwIfAborted();
    await run(loaded);
    times.push(performance.now());
  }
  const [loading, ...running] = times.slice(1).map((time, i) => (time - times[i]!) / 1000);
  onTimes?.(loading!, running);
  return outputs;
}
