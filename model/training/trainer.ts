/** Runs one stage: initial or resumed state, steps, checkpoints, progress. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, Graph, type Plan } from '../../engine/engine.js';
import { OnsetError } from '../../kernels/errors.js';
import { Random } from '../foley/index.js';
import { initialValues, type ParameterSpec, Parameters } from '../networks/index.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { addOptimizer, hyperInputs, initializeOptimizer, STATE_PREFIXES } from './optimizer.js';
import type { TrainingStage } from './training-stage.js';

export interface TrainingProgress {
  stage: string;
  /** Steps done, of how many. */
  step: number;
  steps: number;
  /** Loss, gradient norm and the stage's own figures. */
  figures: Record<string, number>;
  secondsPerStep: number;
}

export interface TrainedTensor {
  name: string;
  shape: readonly number[];
  data: Float32Array;
}

/** A stage at its end. */
export interface TrainedStage {
  /** The EMA of the weights that it trained. */
  tensors: TrainedTensor[];
  /** Wall time of its steps, also of those before an interruption. */
  seconds: number;
}

export interface RunStageOptions {
  engine: Engine;
  stage: TrainingStage;
  seed: number;
  /** Where checkpoints go. */
  folder: string;
  /** sha256 of everything that the stage depends on. */
  provenance: string;
  resume: boolean;
  checkpointSeconds: number;
  /** Values of parameters that come from an earlier stage. */
  given: ReadonlyMap<string, Float32Array>;
  onProgress?: (progress: TrainingProgress) => void;
  signal?: AbortSignal;
}

/**
 * Trains one stage to its end. On abort it first writes a checkpoint.
 *
 * @throws {DivergedError} for a loss or gradient that is not finite
 * @throws {ProvenanceError} when the checkpoint to resume from is of another config or other data, or the signal's reason
 */
export async function runStage(options: RunStageOptions): Promise<TrainedStage> {
  const { engine, stage, folder, provenance } = options;
  const { graph, parameters, trained } = buildGraph(stage);
  writeInitialValues(options, parameters, trained);
  const stateNames = trained.flatMap((s) => [s.name, ...STATE_PREFIXES.map((prefix) => prefix + s.name)]);
  mkdirSync(folder, { recursive: true });
  const checkpoint = checkpointPath(folder, stage.name);
  const facts = { stage: stage.name, provenance };
  let begun = { step: 0, seconds: 0 };
  if (options.resume && existsSync(checkpoint)) begun = await readCheckpoint(checkpoint, engine.variables, facts);
  const plan = await engine.compile(graph);
  try {
    const seconds = await runSteps(options, plan, begun, (done) =>
      writeCheckpoint(checkpoint, engine.variables, stateNames, { ...facts, ...done }),
    );
    const averaged: TrainedTensor[] = [];
    for (const { name, shape } of trained) {
      averaged.push({ name, shape, data: (await engine.variables.read(`ema.${name}`)) as Float32Array });
    }
    return { tensors: averaged, seconds };
  } finally {
    plan.dispose();
    await engine.idle();
    for (const name of stateNames) engine.variables.delete(name);
  }
}

function buildGraph(stage: TrainingStage): { graph: Graph; parameters: ParameterSpec[]; trained: ParameterSpec[] } {
  const graph = new Graph();
  const p = new Parameters(graph);
  const { loss, figures } = stage.build(p);
  const parameters = [...p.specs.values()];
  const trained = parameters.filter((s) => stage.trains.some((prefix) => s.name.startsWith(prefix)));
  const norm = addOptimizer(p, loss, trained, stage.optimizer);
  for (const [name, tensor] of Object.entries({ loss, norm, ...figures })) graph.output(name, tensor);
  return { graph, parameters, trained };
}

/** Runs the steps that `begun` has not behind it; `save` writes a checkpoint. Returns the seconds of all steps. */
async function runSteps(
  { stage, seed, checkpointSeconds, onProgress, signal }: RunStageOptions,
  plan: Plan,
  begun: { step: number; seconds: number },
  save: (done: { step: number; seconds: number }) => Promise<void>,
): Promise<number> {
  const { steps } = stage.optimizer;
  const started = Date.now();
  const secondsSoFar = (): number => begun.seconds + (Date.now() - started) / 1000;
  let saved = started;
  for (let step = begun.step; step < steps; ) {
    const batch = stage.batch(step, new Random(seed, `${stage.name} ${step}`));
    const results = await plan.run({ ...batch, ...hyperInputs(step, stage.optimizer) });
    step++;
    const figures = Object.fromEntries(Object.entries(results).map(([name, data]) => [name, data[0]!]));
    requireFinite(figures, stage.name, step);
    const secondsPerStep = (Date.now() - started) / 1000 / (step - begun.step);
    onProgress?.({ stage: stage.name, step, steps, figures, secondsPerStep });
    if (signal?.aborted || Date.now() - saved >= checkpointSeconds * 1000) {
      await save({ step, seconds: secondsSoFar() });
      saved = Date.now();
    }
    signal?.throwIfAborted();
  }
  return secondsSoFar();
}

const checkpointPath = (folder: string, stage: string): string => join(folder, `${stage}.checkpoint.safetensors`);

/** Removes the checkpoint of a stage that is done. */
export function discardCheckpoint(folder: string, stage: string): void {
  rmSync(checkpointPath(folder, stage), { force: true });
}

function writeInitialValues(
  { engine, seed, given }: RunStageOptions,
  parameters: ParameterSpec[],
  trained: ParameterSpec[],
): void {
  const values = new Map<string, Float32Array>();
  for (const spec of parameters) {
    const random = new Random(seed, `initial ${spec.name}`);
    values.set(spec.name, given.get(spec.name) ?? initialValues(spec, () => random.uniform()));
    engine.variables.write(spec.name, { shape: spec.shape, dtype: 'f32' }, values.get(spec.name)!);
  }
  initializeOptimizer(engine.variables, trained, values);
}

/** A loss or gradient that is not finite. */
export class DivergedError extends OnsetError {
  override name = 'DivergedError';
}

function requireFinite(values: Record<string, number>, stage: string, step: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isFinite(value)) continue;
    throw new DivergedError(
      `stage ${stage}: ${name} is ${value} at step ${step}; lower learningRate or clipNorm in the config, then --resume from the last checkpoint`,
    );
  }
}

/** sha256 over the JSON of values, in order. */
export function digestOf(...values: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
