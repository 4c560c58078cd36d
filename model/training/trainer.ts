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
 * Trains one stage to its end and returns the EMA of the weights that it trained. On abort it first writes a checkpoint.
 *
 * @throws {DivergedError} for a loss or gradient that is not finite
 * @throws {ProvenanceError} when the checkpoint to resume from is of another config or other data, or the signal's reason
 */
export async function runStage(options: RunStageOptions): Promise<TrainedTensor[]> {
  const { engine, stage, folder, provenance } = options;
  const { graph, parameters, trained } = buildGraph(stage);
  writeInitialValues(options, parameters, trained);
  const stateNames = trained.flatMap((s) => [s.name, ...STATE_PREFIXES.map((prefix) => prefix + s.name)]);
  mkdirSync(folder, { recursive: true });
  const checkpoint = checkpointPath(folder, stage.name);
  const facts = { stage: stage.name, provenance };
  let first = 0;
  if (options.resume && existsSync(checkpoint)) first = await readCheckpoint(checkpoint, engine.variables, facts);
  const plan = await engine.compile(graph);
  try {
    await runSteps(options, plan, first, (step) =>
      writeCheckpoint(checkpoint, engine.variables, stateNames, { ...facts, step }),
    );
    const averaged: TrainedTensor[] = [];
    for (const { name, shape } of trained) {
      averaged.push({ name, shape, data: (await engine.variables.read(`ema.${name}`)) as Float32Array });
    }
    return averaged;
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

/** Runs the steps from `first` on; `save` writes a checkpoint. */
async function runSteps(
  { stage, seed, checkpointSeconds, onProgress, signal }: RunStageOptions,
  plan: Plan,
  first: number,
  save: (step: number) => Promise<void>,
): Promise<void> {
  const { steps } = stage.optimizer;
  const started = Date.now();
  let saved = started;
  for (let step = first; step < steps; ) {
    const batch = stage.batch(step, new Random(seed, `${stage.name} ${step}`));
    const results = await plan.run({ ...batch, ...hyperInputs(step, stage.optimizer) });
    step++;
    const figures = Object.fromEntries(Object.entries(results).map(([name, data]) => [name, data[0]!]));
    requireFinite(figures, stage.name, step);
    const secondsPerStep = (Date.now() - started) / 1000 / (step - first);
    onProgress?.({ stage: stage.name, step, steps, figures, secondsPerStep });
    if (signal?.aborted || Date.now() - saved >= checkpointSeconds * 1000) {
      await save(step);
      saved = Date.now();
    }
    signal?.throwIfAborted();
  }
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
