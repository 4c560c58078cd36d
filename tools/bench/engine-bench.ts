/** Times the engine around its kernels: replay of the model's plans, their memory, and a step of training. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createEngine, type Engine, Graph, type TensorData } from '../../engine/engine.js';
import { packageRoot } from '../../engine/platform/package-path.js';
import { makeClip, Random } from '../../model/foley/index.js';
import { initialValues, Parameters } from '../../model/networks/parameters.js';
import { FlowExtractor } from '../../model/onset/flow-extractor.js';
import { buildModel } from '../../model/onset/model.js';
import { parseTrainingConfig, type TrainingConfig } from '../../model/training/config.js';
import { ClipMixture, runningSquares, type TrainingClip, toInt16 } from '../../model/training/data/index.js';
import { generatorStage } from '../../model/training/generator-stage.js';
import { addOptimizer, hyperInputs, initializeOptimizer } from '../../model/training/optimizer.js';

export interface EngineBench {
  /** The denoiser's plan, replayed. */
  replay: {
    replays: number;
    steps: number;
    minMs: number;
    medianMs: number;
    /** CPU time of encoding and submitting, microseconds a step. */
    encodeMinUs: number;
    encodeMedianUs: number;
    /** Resident memory after the first tenth of the replays and after all, MB, each time with JavaScript's garbage collected. */
    rssBeforeMb: number;
    rssAfterMb: number;
    /** Activation slots over the bytes alive at the fullest step. */
    slotRatio: number;
  };
  /** One step of the generator stage of the shipped config. */
  training: { steps: number; minMs: number; medianMs: number; slotRatio: number };
}

export interface EngineBenchOptions {
  replays: number;
  trainingSteps: number;
  onProgress?: (stage: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

export async function benchEngine(options: EngineBenchOptions): Promise<EngineBench> {
  const path = join(packageRoot(), 'model', 'training', 'configs', 'onset.json');
  const config = parseTrainingConfig(readFileSync(path, 'utf8'), path);
  const engine = await createEngine();
  try {
    return { replay: await replay(engine, config, options), training: await trainingStep(engine, config, options) };
  } finally {
    engine.dispose();
  }
}

async function replay(
  engine: Engine,
  config: TrainingConfig,
  { replays, onProgress, signal }: EngineBenchOptions,
): Promise<EngineBench['replay']> {
  const model = buildModel(config.model);
  const { width } = config.model.generator;
  const channels = config.model.codec.latentChannels;
  const [batch, frames] = [2, 25];
  const graph = new Graph();
  const p = new Parameters(graph);
  const condition = model.condition(p, {
    tokens: graph.input('tokens', [batch, frames, width]),
    tracks: graph.input('tracks', [batch, frames, 8]),
    classIndex: graph.input('class', [batch], 'u32'),
    keep: graph.input('keep', [batch]),
  });
  graph.output(
    'velocity',
    model.velocity(p, {
      noisyLatents: graph.input('noisy', [batch, frames, channels]),
      time: graph.input('time', [batch]),
      condition,
    }),
  );
  initialize(engine, p);
  const plan = await engine.compile(graph);
  const inputs: Record<string, TensorData> = {
    tokens: new Float32Array(batch * frames * width),
    tracks: new Float32Array(batch * frames * 8),
    class: new Uint32Array(batch),
    keep: new Float32Array(batch).fill(1),
    noisy: new Float32Array(batch * frames * channels).fill(0.5),
    time: new Float32Array(batch).fill(0.5),
  };
  const times: number[] = [];
  let rssBefore = 0;
  for (let i = 0; i < replays; i++) {
    signal?.throwIfAborted();
    const start = performance.now();
    await plan.run(inputs);
    times.push(performance.now() - start);
    if (i === Math.floor(replays / 10)) rssBefore = residentBytes();
    // Seldom enough not to weigh, often enough that V8's heap does not grow for want of it.
    if (i % 100 === 0) collectGarbage();
    if (i % 20 === 0) onProgress?.('replaying', i, replays);
  }
  const rssAfter = residentBytes();
  const encodes: number[] = [];
  for (let i = 0; i < 30; i++) {
    encodes.push(plan.encodeOnly());
    await engine.idle();
  }
  const { slots, steps } = plan.program;
  const result = {
    replays,
    steps: steps.length,
    minMs: Math.min(...times),
    medianMs: median(times),
    encodeMinUs: Math.min(...encodes),
    encodeMedianUs: median(encodes),
    rssBeforeMb: rssBefore / 1e6,
    rssAfterMb: rssAfter / 1e6,
    slotRatio: slots.peakBytes / slots.lowerBound,
  };
  plan.dispose();
  return result;
}

async function trainingStep(
  engine: Engine,
  config: TrainingConfig,
  { trainingSteps, onProgress, signal }: EngineBenchOptions,
): Promise<EngineBench['training']> {
  const model = buildModel(config.model);
  const clips = await exampleClips(engine, config);
  const stage = generatorStage(model, config, new ClipMixture(clips));
  const graph = new Graph();
  const p = new Parameters(graph);
  const { loss } = stage.build(p);
  const trained = [...p.specs.values()];
  addOptimizer(p, loss, trained, stage.optimizer);
  graph.output('loss', loss);
  initializeOptimizer(engine.variables, trained, initialize(engine, p));
  const plan = await engine.compile(graph);
  const times: number[] = [];
  for (let i = 0; i < trainingSteps; i++) {
    signal?.throwIfAborted();
    const start = performance.now();
    await plan.run({ ...stage.batch(i, new Random(config.seed, `bench ${i}`)), ...hyperInputs(i, stage.optimizer) });
    if (i > 0) times.push(performance.now() - start);
    onProgress?.('training', i + 1, trainingSteps);
  }
  const { slots, steps } = plan.program;
  plan.dispose();
  return {
    steps: steps.length,
    minMs: Math.min(...times),
    medianMs: median(times),
    slotRatio: slots.peakBytes / slots.lowerBound,
  };
}

/** A few clips of the world with latents of noise: their values do not matter to the time. */
async function exampleClips(engine: Engine, config: TrainingConfig): Promise<TrainingClip[]> {
  const { size, seconds } = config.data.world;
  const extractor = new FlowExtractor(engine, size, size);
  const clips: TrainingClip[] = [];
  for (let seed = 0; seed < 4; seed++) {
    const clip = makeClip(seed, { size, seconds });
    const sound = toInt16(clip.sound);
    const latents = new Float32Array(seconds * 25 * config.model.codec.latentChannels).map(
      (_, i) => Math.sin(i * 12.9898) * 1.4,
    );
    clips.push({
      seconds,
      sound,
      squares: runningSquares(sound),
      flow: await extractor.extract(clip.frames, clip.times),
      events: clip.events.map((e) => e.time),
      classIndex: clip.material,
      latents,
    });
  }
  extractor.dispose();
  return clips;
}

/** Fresh weights on the device; gives their values. */
function initialize(engine: Engine, p: Parameters): Map<string, Float32Array> {
  const random = new Random(1, 'initial');
  const values = new Map<string, Float32Array>();
  for (const spec of p.specs.values()) {
    values.set(
      spec.name,
      initialValues(spec, () => random.uniform()),
    );
    engine.variables.write(spec.name, { shape: spec.shape, dtype: 'f32' }, values.get(spec.name)!);
  }
  return values;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the process holds; garbage that V8 has not collected yet would read as growth. */
function residentBytes(): number {
  collectGarbage();
  return process.memoryUsage().rss;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
