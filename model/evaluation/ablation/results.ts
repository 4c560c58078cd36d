/** What an ablation found: of each cell the metric, its difference to the reference, its control, and its cost. */

import type {
  Estimate,
  EvaluationReport,
  MetricDescription,
  PairedDifference,
  SystemReport,
} from '../report/report.js';
import { shuffledName } from '../systems/controls.js';
import type { Json } from './merge.js';
import type { AblationRun, FailedRun } from './runs.js';
import type { AblationTable } from './table.js';

export interface CellResult {
  name: string;
  /** Of the base. */
  changes: Json;
  /** Over clips, all seeds together. */
  estimate: Estimate;
  /** The same of each seed alone, in the order of the table's seeds. */
  bySeed: readonly (number | null)[];
  /** The cell's own sounds with other clips: what it would score if it did not see the video. */
  shuffled?: Estimate;
  /** This cell less the reference, over clips; absent for the reference. */
  difference?: { estimate: Estimate; p: number };
  cost: {
    /** Wall time of training, all stages, mean over seeds. */
    seconds: number;
    /** Of each part of the model. */
    parameters: AblationRun['parameters'];
  };
}

/** @public */
export interface AblationResults {
  version: 1;
  name: string;
  /** The base config as the table names it. */
  base: string;
  seeds: readonly number[];
  reference: string;
  dataset: { name: string; clips: number };
  metric: MetricDescription;
  /** Those of which every run was trained, in the order of the table. */
  cells: readonly CellResult[];
  /** References and controls that are of no cell. */
  controls: readonly { name: string; kind: SystemReport['kind']; estimate: Estimate }[];
  /** Runs that could not be trained; their cells are not among the results. */
  failures: readonly FailedRun[];
}

/** Puts together what was trained and what was measured; `report` has a system for each cell, by its name. */
export function ablationResults(
  table: AblationTable,
  { runs, failures }: { runs: readonly AblationRun[]; failures: readonly FailedRun[] },
  report: EvaluationReport,
): AblationResults {
  const { metric: key } = table.evaluation;
  const cells = table.cells.flatMap(({ name, changes }): CellResult[] => {
    const system = report.systems.find((each) => each.name === name && each.kind === 'system');
    const estimate = system?.metrics[key];
    if (!system || !estimate) return [];
    const ofCell = runs.filter(({ cell }) => cell === name);
    const shuffled = report.systems.find((each) => each.name === shuffledName(name))?.metrics[key];
    const difference = differenceTo(table.reference, name, key, report.differences);
    return [
      {
        ...{ name, changes, estimate },
        bySeed: system.bySeed ? system.bySeed.map(({ metrics }) => metrics[key] ?? null) : [estimate.value],
        ...(shuffled && { shuffled }),
        ...(difference && { difference }),
        cost: { seconds: meanSeconds(ofCell), parameters: ofCell[0]!.parameters },
      },
    ];
  });
  // Controls are named after the system that they are of.
  const ofCell = (system: string): boolean => cells.some(({ name }) => system.startsWith(`${name}, `));
  return {
    version: 1,
    ...{ name: table.name, base: table.base, seeds: table.seeds, reference: table.reference },
    dataset: { name: report.dataset.name, clips: report.dataset.clips.length },
    metric: report.metrics.find((metric) => metric.key === key)!,
    cells,
    controls: report.systems.flatMap(({ name, kind, metrics }) =>
      ofCell(name) || kind === 'system' || !metrics[key] ? [] : [{ name, kind, estimate: metrics[key] }],
    ),
    failures,
  };
}

/** Bars of the cells, for the HTML report. */
export function ablationOf({ metric, cells }: AblationResults): NonNullable<EvaluationReport['ablation']> {
  return {
    metric: metric.key,
    cells: cells.map(({ name, estimate, cost }) => ({ name, estimate, seconds: cost.seconds })),
  };
}

/** Of the cell less the reference; a report has each pair once, in either order. */
function differenceTo(
  reference: string,
  cell: string,
  metric: string,
  differences: readonly PairedDifference[],
): CellResult['difference'] {
  for (const { system, against, difference, p, ...each } of differences) {
    if (each.metric !== metric) continue;
    if (system === cell && against === reference) return { estimate: difference, p };
    if (system === reference && against === cell) return { estimate: negated(difference), p };
  }
  return undefined;
}

function negated({ value, low, high, clips }: Estimate): Estimate {
  const interval = low === undefined || high === undefined ? {} : { low: -high, high: -low };
  return { value: value === null ? null : -value, ...interval, clips };
}

function meanSeconds(runs: readonly AblationRun[]): number {
  const ofRun = ({ seconds }: AblationRun): number => seconds.codec + seconds.encoder + seconds.generator;
  return runs.reduce((sum, run) => sum + ofRun(run), 0) / runs.length;
}
