/** A whole ablation: every cell trained with every seed, all measured side by side, and what was found written down. */

import { join } from 'node:path';
import type { Engine } from '../../../engine/engine.js';
import { replaceFile } from '../../../weights/index.js';
import type { Dataset } from '../datasets/dataset.js';
import { readDataset } from '../datasets/manifest.js';
import { proceduralDataset } from '../datasets/procedural.js';
import { EvaluationError } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { metricTable } from '../figures/index.js';
import { writeReport } from '../report/html.js';
import type { EvaluationReport } from '../report/report.js';
import { SoundStore } from '../sound-store.js';
import { throughCodec } from '../systems/references.js';
import { cellSystem } from './cell-system.js';
import { type AblationResults, ablationOf, ablationResults } from './results.js';
import { ablationTable } from './results-table.js';
import { type AblationRun, type TrainRunsOptions, trainRuns } from './runs.js';
import type { AblationEvaluation, AblationTable } from './table.js';

export interface AblateOptions extends TrainRunsOptions {
  /** `done` of `total` of a stage of the evaluation. */
  onEvaluation?: ((stage: string, done: number, total: number) => void) | undefined;
}

/** Clips with a card in the HTML report: a card has a sound of every cell. */
const REPORT_CARDS = 4;
/** Clips of the procedural world where the table gives no number. */
const PROCEDURAL_CLIPS = 100;

/**
 * Trains and measures the cells of a table and writes `ablation.json`, `ablation.md`, `report.json` and `report.html` to the
 * folder. Cells of which a run failed are left out of the comparison.
 *
 * @throws {EvaluationError} for a metric that there is not, or when fewer than two cells could be trained; what `evaluate`
 * throws, or the signal's reason
 */
export async function ablate(table: AblationTable, options: AblateOptions): Promise<AblationResults> {
  const { folder, openEngine } = options;
  const { metric, metrics = [] } = table.evaluation;
  // What there is no metric of is refused before hours of training.
  metricTable([], [metric, ...metrics]);
  const trained = await trainRuns(table, options);
  const complete = table.cells.filter(({ name }) => runsOf(name, trained.runs).length === table.seeds.length);
  if (complete.length < 2) {
    const [first] = trained.failures;
    throw new EvaluationError(
      `${table.name}: ${complete.length} of ${table.cells.length} cells could be trained, and two are needed to compare` +
        (first ? `; the first failure, of ${first.cell} with seed ${first.seed}: ${first.error}` : ''),
    );
  }
  const engine = await openEngine();
  try {
    const report = await evaluateCells(engine, { ...table, cells: complete }, trained.runs, options);
    const results = ablationResults(table, trained, report);
    const withBars: EvaluationReport = { ...report, ablation: ablationOf(results) };
    await write(folder, 'ablation.json', `${JSON.stringify(results, null, 2)}\n`);
    await write(folder, 'ablation.md', `${ablationTable(results)}\n`);
    await write(folder, 'report.json', `${JSON.stringify(withBars)}\n`);
    const { onEvaluation: onProgress, signal } = options;
    await writeReport(withBars, join(folder, 'report.html'), {
      ...{ cards: REPORT_CARDS, headline: metricsOf(table.evaluation)?.slice(0, 8), onProgress, signal },
    });
    return results;
  } finally {
    engine.dispose();
  }
}

/** The metric that cells are compared by, and the others to take; undefined: all. */
const metricsOf = ({ metric, metrics }: AblationEvaluation): string[] | undefined =>
  metrics && [metric, ...metrics.filter((key) => key !== metric)];

async function evaluateCells(
  engine: Engine,
  { cells, seeds, reference, evaluation }: AblationTable,
  runs: readonly AblationRun[],
  { folder, onEvaluation: onProgress, signal }: AblateOptions,
): Promise<EvaluationReport> {
  const dataset = await openDataset(evaluation, { onProgress, signal });
  const { steps, guidance } = evaluation;
  const systems = cells.map(({ name, changes }) =>
    cellSystem(engine, name, runsOf(name, runs), { description: JSON.stringify(changes), steps, guidance }),
  );
  return evaluate(dataset, systems, {
    store: new SoundStore(join(folder, 'sounds')),
    controls: [throughCodec(engine, runs[0]!.weights)],
    metrics: metricsOf(evaluation),
    ...{ seeds, reference, folder, onProgress, signal },
  });
}

function openDataset(
  { data, root, split, clips }: AblationEvaluation,
  options: { onProgress: AblateOptions['onEvaluation']; signal: AbortSignal | undefined },
): Promise<Dataset> | Dataset {
  if (data !== 'procedural') return readDataset(data, { root, split, clips });
  return proceduralDataset({ split, clips: clips ?? PROCEDURAL_CLIPS, ...options });
}

const runsOf = (cell: string, runs: readonly AblationRun[]): AblationRun[] => runs.filter((run) => run.cell === cell);

async function write(folder: string, name: string, text: string): Promise<void> {
  await replaceFile(join(folder, name), [new TextEncoder().encode(text)]);
}
