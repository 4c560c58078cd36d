/** An ablation table: training configs as named changes of one base, their seeds, and how they are compared. */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseJson, schemaFaults } from '../../../engine/platform/json.js';
import { ConfigError, checkTrainingConfig, type TrainingConfig } from '../../training/config.js';
import { EvaluationError } from '../errors.js';
import { type Json, mergeJson } from './merge.js';

/** What the cells are measured on, and how their sound is sampled. */
export interface AblationEvaluation {
  /** `procedural`, or a manifest or folder of clips, relative to the table's folder. */
  data: string;
  /** Folder of the clips' files where they do not lie beside the manifest, relative to the table's folder. */
  root?: string | undefined;
  split?: string | undefined;
  /** At most so many clips. */
  clips?: number | undefined;
  /** Key of the metric that cells are compared by. */
  metric: string;
  /** Keys of the other metrics to take; undefined: all that there are. */
  metrics?: string[] | undefined;
  /** Steps of the sampler and guidance. */
  steps: number;
  guidance: number;
}

export interface AblationCell {
  name: string;
  /** What it changes of the base, for people. */
  changes: Json;
  /** Without name and seed, which are each run's own. */
  config: TrainingConfig;
}

export interface AblationTable {
  name: string;
  /** Path of the base config, as the table names it. */
  base: string;
  cells: readonly AblationCell[];
  /** Name of the cell that the others are compared with. */
  reference: string;
  seeds: readonly number[];
  evaluation: AblationEvaluation;
}

const plainName = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and hyphens, a letter first');
const json = z.custom<Json>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
  error: 'an object of changes to the base config',
});
const wholeNumber = z.number().int();

const tableSchema = z.strictObject({
  name: plainName,
  base: z.string().min(1),
  changes: json.default({}),
  cells: z.record(plainName, json),
  reference: z.string().optional(),
  seeds: z
    .array(wholeNumber.nonnegative().max(2 ** 32 - 1))
    .min(1)
    .refine((seeds) => new Set(seeds).size === seeds.length, 'names a seed twice'),
  evaluation: z.strictObject({
    data: z.string().min(1).default('procedural'),
    root: z.string().min(1).optional(),
    split: z.string().min(1).optional(),
    clips: wholeNumber.min(2).optional(),
    metric: z.string().min(1),
    metrics: z.array(z.string().min(1)).optional(),
    steps: wholeNumber.min(1).max(1000).default(8),
    guidance: z.number().min(0).default(2),
  }),
});

/**
 * Reads a table and the base config that it names.
 *
 * @throws {EvaluationError} for a file that is missing or no table, a cell that is no training config (with cell and key), or
 * cells of unequal budgets
 */
export function readAblationTable(path: string): AblationTable {
  const parsed = tableSchema.safeParse(readJson(path, 'an ablation table'));
  if (!parsed.success) {
    const faults = schemaFaults(parsed.error).map((fault) => `  ${fault}`);
    throw new EvaluationError(`${path}: this is not an ablation table:\n${faults.join('\n')}`);
  }
  const { name, base, changes, seeds, evaluation } = parsed.data;
  const folder = dirname(path);
  const basePath = resolve(folder, base);
  const baseConfig = mergeJson(readJson(basePath, 'a training config') as Json, changes);
  const cells = Object.entries(parsed.data.cells).map(([cell, own]) => ({
    name: cell,
    changes: own,
    config: cellConfig(path, cell, mergeJson(baseConfig, own), { own, folder: dirname(basePath) }),
  }));
  if (cells.length < 2) {
    throw new EvaluationError(`${path}: cells: ${cells.length} of them; an ablation compares at least two`);
  }
  const reference = parsed.data.reference ?? cells[0]!.name;
  if (!cells.some((cell) => cell.name === reference)) {
    throw new EvaluationError(
      `${path}: reference: there is no cell ${reference}; there are ${cells.map((cell) => cell.name).join(', ')}`,
    );
  }
  requireEqualBudgets(path, cells);
  const { data, root } = evaluation;
  return {
    ...{ name, base, cells, reference, seeds },
    evaluation: {
      ...evaluation,
      data: data === 'procedural' ? data : resolve(folder, data),
      root: root && resolve(folder, root),
    },
  };
}

function readJson(path: string, what: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new EvaluationError(
      `${path}: cannot be read (${(cause as NodeJS.ErrnoException).code}); ${what} is expected`,
      {
        cause,
      },
    );
  }
  return parseJson(
    text,
    (cause) =>
      new EvaluationError(
        `${path}: not JSON (${cause.message}); ${what} is expected, see model/training/configs for examples`,
        { cause },
      ),
  );
}

function cellConfig(
  path: string,
  cell: string,
  merged: Json,
  { own, folder }: { own: Json; folder: string },
): TrainingConfig {
  for (const key of ['name', 'seed']) {
    if (Object.hasOwn(own as object, key)) {
      throw new EvaluationError(
        `${path}: cell ${cell}: ${key} is not a cell's to change; runs are named by cell and seed, and the table lists the seeds`,
      );
    }
  }
  try {
    return checkTrainingConfig(merged, { name: `${path}: cell ${cell}`, folder });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new EvaluationError(error.message, { cause: error });
  }
}

/** What each stage learns from: steps, samples a step, and length of a sample. */
function budgetOf({ codec, encoder, generator }: TrainingConfig): Record<string, number> {
  return {
    ...{ 'codec.steps': codec.steps, 'codec.batch': codec.batch, 'codec.crop': codec.crop },
    ...{ 'encoder.steps': encoder.steps, 'encoder.batch': encoder.batch, 'encoder.tokens': encoder.tokens },
    ...{ 'generator.steps': generator.steps, 'generator.batch': generator.batch, 'generator.tokens': generator.tokens },
  };
}

function requireEqualBudgets(path: string, cells: readonly AblationCell[]): void {
  const [first, ...others] = cells;
  const budget = budgetOf(first!.config);
  for (const { name, config } of others) {
    for (const [key, value] of Object.entries(budgetOf(config))) {
      if (value === budget[key]) continue;
      throw new EvaluationError(
        `${path}: cell ${name}: ${key} is ${value}, and ${budget[key]} in cell ${first!.name}; all cells have the same ` +
          'budget, so set it in the base or in the table’s own changes',
      );
    }
  }
}
