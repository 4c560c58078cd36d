/** Trains the cells of an ablation, one run for each cell and seed, each in a folder of its own. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../../engine/engine.js';
import { packageVersion } from '../../../engine/platform/package-path.js';
import { MANIFEST_NAME, ProvenanceError, replaceFile, sha256 } from '../../../weights/index.js';
import type { TrainingConfig } from '../../training/config.js';
import { manifestPath } from '../../training/data/index.js';
import { type TrainingCost, train } from '../../training/train.js';
import { digestOf } from '../../training/trainer.js';
import type { AblationTable } from './table.js';

/** A cell trained with a seed. */
export interface AblationRun {
  cell: string;
  seed: number;
  /** Folder of the weights. */
  weights: string;
  /** Wall time of each stage's steps. */
  seconds: TrainingCost['seconds'];
  /** Parameters of each part of the model. */
  parameters: TrainingCost['parameters'];
}

/** A run that ended with an error. */
export interface FailedRun {
  cell: string;
  seed: number;
  error: string;
}

export interface AblationProgress {
  cell: string;
  seed: number;
  /** Counted from 1, of how many; runs that were finished before count. */
  run: number;
  runs: number;
  /** A stage of the training, or of reading its data. */
  stage: string;
  done: number;
  total: number;
  /** Loss, gradient norm and the stage's own figures. */
  figures?: Readonly<Record<string, number>>;
  /** Until all runs are trained, by those that were trained just now; absent in the first. */
  secondsLeft?: number | undefined;
}

export interface TrainRunsOptions {
  /** Where the runs' folders are: CELL/seed-SEED in it, and the stages that they share. */
  folder: string;
  /** Opens an engine for one run, which disposes of it: what one leaves behind, or breaks, is no matter of the next. */
  openEngine: () => Promise<Engine>;
  /** Seconds between checkpoints; default 180. */
  checkpointSeconds?: number | undefined;
  onProgress?: ((progress: AblationProgress) => void) | undefined;
  /** A run ended with an error; the others go on. */
  onFailure?: ((failure: FailedRun) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Trains every cell with every seed by the code of `node engine train`, all cells of a seed before the next seed: what
 * there is after an interruption can be compared. A run that was finished before is not trained again; one that was
 * interrupted goes on from its checkpoint.
 *
 * @throws the signal's reason; any other error ends its own run alone
 */
export async function trainRuns(
  table: AblationTable,
  options: TrainRunsOptions,
): Promise<{ runs: AblationRun[]; failures: FailedRun[] }> {
  const { folder, onFailure, signal } = options;
  const runs: AblationRun[] = [];
  const failures: FailedRun[] = [];
  const clock = new RunClock(table.seeds.length * table.cells.length);
  for (const seed of table.seeds) {
    for (const cell of table.cells) {
      signal?.throwIfAborted();
      const home = join(folder, cell.name, `seed-${seed}`);
      const config: TrainingConfig = { ...cell.config, name: `${table.name}-${cell.name}-seed-${seed}`, seed };
      try {
        clock.begin();
        const finished = finishedRun(home, config);
        const cost = finished ?? (await trainRun(home, config, { cell: cell.name, clock, ...options }));
        clock.end(finished !== undefined);
        runs.push({ cell: cell.name, seed, weights: join(home, 'weights'), ...cost });
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        clock.end(true);
        const failure = { cell: cell.name, seed, error: reasonOf(error as Error, home) };
        failures.push(failure);
        onFailure?.(failure);
      }
    }
  }
  return { runs, failures };
}

function reasonOf(error: Error, home: string): string {
  if (!(error instanceof ProvenanceError)) return error.message;
  return `what was trained before in ${home} is of another config: remove that folder, or choose another one for the ablation (${error.message})`;
}

const RECORD = 'run.json';

/** Written when a run's weights are whole. */
interface RunRecord extends TrainingCost {
  digest: string;
}

/** The cost of a run that was finished with that config; undefined where it was not. */
function finishedRun(home: string, config: TrainingConfig): TrainingCost | undefined {
  const path = join(home, RECORD);
  if (!existsSync(path) || !existsSync(join(home, 'weights', MANIFEST_NAME))) return undefined;
  const { digest, ...cost } = JSON.parse(readFileSync(path, 'utf8')) as RunRecord;
  return digest === runDigest(config) ? cost : undefined;
}

/** Of the config, and of the list of footage that it names. */
function runDigest(config: TrainingConfig): string {
  const { footage } = config.data;
  const listed = footage && footage.share > 0 ? readFileSync(manifestPath(footage.folder), 'utf8') : '';
  return digestOf(config, listed);
}

/** Trains one run, or what is left of it, and records that it is done. */
async function trainRun(
  home: string,
  config: TrainingConfig,
  options: TrainRunsOptions & { cell: string; clock: RunClock },
): Promise<TrainingCost> {
  const { folder, openEngine, checkpointSeconds, signal, onProgress, cell, clock } = options;
  mkdirSync(home, { recursive: true });
  // The run's own config, by which it can be trained alone.
  const text = `${JSON.stringify(config, null, 2)}\n`;
  await replaceFile(join(home, 'config.json'), [new TextEncoder().encode(text)]);
  const told = (part: Pick<AblationProgress, 'stage' | 'done' | 'total' | 'figures'>): void =>
    onProgress?.({ cell, seed: config.seed, ...clock.now(), ...part });
  const engine = await openEngine();
  try {
    const cost = await train({
      ...{ engine, config, folder: home, resume: true, checkpointSeconds, signal },
      engineVersion: packageVersion(),
      configPath: 'config.json',
      configSha256: await sha256(text),
      sharedStages: join(folder, 'stages'),
      onData: (done, total, stage) => told({ stage, done, total }),
      onProgress: ({ stage, step, steps, figures }) => told({ stage, done: step, total: steps, figures }),
    });
    const record: RunRecord = { digest: runDigest(config), ...cost };
    await replaceFile(join(home, RECORD), [new TextEncoder().encode(JSON.stringify(record))]);
    return cost;
  } finally {
    engine.dispose();
  }
}

/** Which run is on, and how long the rest will take. */
class RunClock {
  readonly #runs: number;
  #run = 0;
  #began = 0;
  /** Wall time of the runs that were trained just now. */
  readonly #took: number[] = [];

  constructor(runs: number) {
    this.#runs = runs;
  }

  begin(): void {
    this.#run++;
    this.#began = performance.now();
  }

  /** `skipped`: the run says nothing of how long the others take. */
  end(skipped: boolean): void {
    if (!skipped) this.#took.push((performance.now() - this.#began) / 1000);
  }

  now(): Pick<AblationProgress, 'run' | 'runs' | 'secondsLeft'> {
    const [run, runs] = [this.#run, this.#runs];
    if (this.#took.length === 0) return { run, runs };
    const usual = this.#took.reduce((a, b) => a + b) / this.#took.length;
    const ofThis = Math.max(0, usual - (performance.now() - this.#began) / 1000);
    return { run, runs, secondsLeft: ofThis + (runs - run) * usual };
  }
}
