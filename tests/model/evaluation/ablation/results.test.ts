import assert from 'node:assert/strict';
import { ablationOf, ablationResults } from '../../../../model/evaluation/ablation/results.js';
import { ablationTable } from '../../../../model/evaluation/ablation/results-table.js';
import type { AblationRun } from '../../../../model/evaluation/ablation/runs.js';
import type { AblationTable } from '../../../../model/evaluation/ablation/table.js';
import type { EvaluationReport, SystemReport } from '../../../../model/evaluation/report/report.js';
import { suite } from '../../../harness/suite.js';
import { tinyConfig } from '../../training/examples.js';

const test = suite('ablation: results');

const table: AblationTable = {
  name: 'test',
  base: 'tiny.json',
  reference: 'full',
  seeds: [0, 1],
  cells: ['less', 'full', 'broken'].map((name) => ({ name, changes: {}, config: tinyConfig() })),
  evaluation: { data: 'procedural', metric: 'f1', steps: 8, guidance: 2 },
};

const run = (cell: string, seed: number, seconds: number): AblationRun => ({
  ...{ cell, seed, weights: '' },
  seconds: { codec: 10, encoder: seconds, generator: seconds },
  parameters: { codec: 1000, encoder: 2000, generator: 3000 },
});
const runs = [run('less', 0, 5), run('full', 0, 20), run('less', 1, 15), run('full', 1, 20), run('broken', 0, 1)];
const failures = [{ cell: 'broken', seed: 1, error: 'it broke' }];

const system = (name: string, kind: SystemReport['kind'], value: number, bySeed?: number[]): SystemReport => ({
  ...{ name, kind, description: '', clips: [] },
  metrics: { f1: { value, low: value - 0.1, high: value + 0.2, clips: 9 } },
  ...(bySeed && { bySeed: bySeed.map((f1, seed) => ({ seed, metrics: { f1 } })) }),
});

const report: EvaluationReport = {
  version: 1,
  dataset: { name: 'world', clips: [] },
  seeds: [0, 1],
  metrics: [
    { key: 'f1', label: 'F1@100 ms', unit: '', better: 'higher', group: 'synchrony', explanation: 'how many hit' },
  ],
  systems: [
    system('less', 'system', 0.4, [0.3, 0.5]),
    system('full', 'system', 0.6, [0.6, 0.6]),
    system('true audio', 'reference', 0.9),
    system('less, shuffled video', 'control', 0.21),
    system('full, shuffled video', 'control', 0.2),
    system('full, rotated in time', 'control', 0.2),
    system('silence', 'control', 0),
  ],
  differences: [
    {
      ...{ metric: 'f1', system: 'full', against: 'less', p: 0.02 },
      difference: { value: 0.2, low: 0.1, high: 0.4, clips: 9 },
    },
  ],
  failures: [],
};

test('a cell has its figure, each seed’s, its control, its difference to the reference, and its cost', () => {
  const { cells, controls, metric } = ablationResults(table, { runs, failures }, report);
  assert.equal(metric.label, 'F1@100 ms');
  assert.deepEqual(
    cells.map(({ name }) => name),
    ['less', 'full'],
    'a cell of which a run failed is not compared',
  );
  const [less, full] = cells;
  assert.deepEqual(less!.bySeed, [0.3, 0.5]);
  assert.equal(less!.shuffled!.value, 0.21);
  assert.deepEqual(less!.difference, { estimate: { value: -0.2, low: -0.4, high: -0.1, clips: 9 }, p: 0.02 });
  assert.deepEqual(less!.cost, { seconds: 30, parameters: { codec: 1000, encoder: 2000, generator: 3000 } });
  assert.equal(full!.difference, undefined);
  assert.deepEqual(
    controls.map(({ name }) => name),
    ['true audio', 'silence'],
  );
});

test('the bars of the report are the cells', () => {
  const { metric, cells } = ablationOf(ablationResults(table, { runs, failures }, report));
  assert.equal(metric, 'f1');
  assert.deepEqual(
    cells.map(({ name, estimate, seconds }) => [name, estimate.value, seconds]),
    [
      ['less', 0.4, 30],
      ['full', 0.6, 50],
    ],
  );
});

test('the table says all of it, and what failed', () => {
  const lines = ablationTable(ablationResults(table, { runs, failures }, report)).split('\n');
  const row = (name: string): string[] => {
    const found = lines.find((line) => line.startsWith(`| ${name} `)) ?? '';
    return found.split('|').map((cell) => cell.trim());
  };
  assert.deepEqual(row('cell').slice(1, -1), [
    ...['cell', 'F1@100 ms [95 %]', 'seeds 0, 1', 'less full [95 %]', 'p', 'shuffled video', 'parameters', 'training'],
  ]);
  assert.deepEqual(row('less').slice(1, -1), [
    ...['less', '0.400 [0.300, 0.600]', '0.300, 0.500', '-0.200 [-0.400, -0.100]', '0.020', '0.210', '6 k', '30 s'],
  ]);
  assert.deepEqual(row('true audio').slice(1, 3), ['true audio', '0.900 [0.800, 1.100]']);
  assert.equal(lines.at(-1), 'failed: broken, seed 1: it broke');
});

test.run();
