/** Runs one stage: initial or resumed state, steps, checkpoints, progress. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, Graph, type TensorData } from '../../engine/engine.js';
import { OnsetError } from '../../kernels/errors.js';
import { Random } from '../foley/random.js';
import { initialValues, type ParameterSpec, Parameters } from '../networks/parameters.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { addOptimiser, hyperInputs, initialiseOptimiser, STATE_PREFIXES } from './optimiser.js';
import type { Stage } from './stage.js';

export interface TrainingProgress {
  stage: string;
  /** Steps done, of how many. */
  step: number;
  steps: number;
  /** Loss, gradient norm and the stage's own figures. */
  figures: Record<string, number>;
  secondsPerStep: number;
}

export interface RunStageOptions {
  engine: Engine;
  stage: Stage;
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

/** Trains one stage to its end and gives the averaged weights of what it trained. Throws the signal's reason on abort, after a checkpoint. */
export async function runStage(options: RunStageOptions): Promise<Map<string, Float32Array>> {
  const { engine, stage, folder, provenance, signal } = options;
  const graph = new Graph();
  const parameters = new Parameters(graph);
  const { loss, figures } = stage.build(parameters);
  const trained = [...parameters.specs.values()].filter((s) =>
    stage.trains.some((prefix) => s.name.startsWith(prefix)),
  );
  const norm = addOptimiser(parameters, loss, trained, stage.optimiser);
  graph.output('loss', loss);
  graph.output('norm', norm);
  for (const [name, tensor] of Object.entries(figures)) graph.output(name, tensor);

  writeInitialValues(options, [...parameters.specs.values()], trained);
  const stateNames = trained.flatMap((s) => [s.name, ...STATE_PREFIXES.map((prefix) => prefix + s.name)]);
  mkdirSync(folder, { recursive: true });
  const checkpoint = join(folder, `${stage.name}.checkpoint.safetensors`);
  const facts = { stage: stage.name, provenance };
  let step = 0;
  if (options.resume && existsSync(checkpoint)) step = await readCheckpoint(checkpoint, engine.variables, facts);

  const plan = await engine.compile(graph);
  const { steps } = stage.optimiser;
  let saved = Date.now();
  const started = Date.now();
  const first = step;
  try {
    while (step < steps) {
      const inputs: Record<string, TensorData> = { ...stage.batch(step), ...hyperInputs(step, stage.optimiser) };
      const results = await plan.run(inputs);
      step++;
      const values = Object.fromEntries(Object.entries(results).map(([name, data]) => [name, data[0]!]));
      requireFinite(values, stage.name, step);
      options.onProgress?.({
        stage: stage.name,
        step,
        steps,
        figures: values,
        secondsPerStep: (Date.now() - started) / 1000 / (step - first),
      });
      const stop = signal?.aborted ?? false;
      if (stop || Date.now() - saved >= options.checkpointSeconds * 1000) {
        await writeCheckpoint(checkpoint, engine.variables, stateNames, { ...facts, step });
        saved = Date.now();
      }
      signal?.throwIfAborted();
    }
    const averaged = new Map<string, Float32Array>();
    for (const spec of trained)
      averaged.set(spec.name, (await engine.variables.read(`ema.${spec.name}`)) as Float32Array);
    return averaged;
  } finally {
    plan.dispose();
    await engine.idle();
    for (const name of stateNames) engine.variables.delete(name);
  }
}

/** Removes the checkpoint of a stage that is done. */
export function discardCheckpoint(folder: string, stage: string): void {
  rmSync(join(folder, `${stage}.checkpoint.safetensors`), { force: true });
}

function writeInitialValues(
  { engine, seed, given }: RunStageOptions,
  all: ParameterSpec[],
  trained: ParameterSpec[],
): void {
  const values = new Map<string, Float32Array>();
  for (const spec of all) {
    const random = new Random(seed, `initial ${spec.name}`);
    values.set(spec.name, given.get(spec.name) ?? initialValues(spec, () => random.uniform()));
    engine.variables.write(spec.name, { shape: spec.shape, dtype: 'f32' }, values.get(spec.name)!);
  }
  initialiseOptimiser(engine.variables, trained, values);
}

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
