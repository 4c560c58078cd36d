/** A whole ablation, as small as one can be. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ablate } from '../../../../model/evaluation/ablation/ablate.js';
import { readAblationTable } from '../../../../model/evaluation/ablation/table.js';
import { proceduralDataset } from '../../../../model/evaluation/datasets/procedural.js';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import type { EvaluationReport } from '../../../../model/evaluation/report/report.js';
import { guestEngine } from '../../../harness/engine.js';
import { suite } from '../../../harness/suite.js';
import { TINY_CONFIG } from '../../training/examples.js';

const test = suite('ablation');
const scratch = mkdtempSync(join(tmpdir(), 'onset-ablate-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** Two cells with two steps a stage, over two clips of the world in `data`. */
function tableOf(evaluation: object): string {
  const path = join(scratch, 'table.json');
  const steps = { steps: 2 };
  const table = {
    name: 'test',
    base: TINY_CONFIG,
    changes: { codec: steps, encoder: steps, generator: steps },
    cells: { dense: {}, 'cross-attention': { model: { generator: { conditioning: 'cross-attention' } } } },
    seeds: [5],
    evaluation,
  };
  writeFileSync(path, JSON.stringify(table));
  return path;
}

test(
  'cells are trained, measured beside controls, and written as JSON, Markdown and HTML; again, nothing is trained',
  async () => {
    const clips = await proceduralDataset({ clips: 2, folder: scratch });
    const [clip] = clips.entries;
    const data = join(clip!.path, '..');
    const table = readAblationTable(tableOf({ data, metric: 'f1-100', metrics: ['envelope'], steps: 1 }));
    const folder = join(scratch, 'out');
    const stages = new Set<string>();
    const run = () =>
      ablate(table, {
        folder,
        openEngine: guestEngine,
        onProgress: ({ cell, stage }) => stages.add(`${cell} ${stage}`),
      });
    const results = await run();
    assert.deepEqual(
      results.cells.map(({ name, estimate }) => [name, typeof estimate.value]),
      [
        ['dense', 'number'],
        ['cross-attention', 'number'],
      ],
    );
    const [dense, crossAttention] = results.cells;
    assert.ok(crossAttention!.difference && !dense!.difference);
    assert.ok(crossAttention!.cost.parameters.generator > dense!.cost.parameters.generator);
    assert.deepEqual(crossAttention!.bySeed, [crossAttention!.estimate.value]);
    assert.ok(results.controls.some(({ name, estimate }) => name === 'true audio' && estimate.value! > 0.9));
    assert.ok(stages.has('cross-attention generator'));

    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    assert.deepEqual(JSON.parse(read('ablation.json')), JSON.parse(JSON.stringify(results)));
    assert.match(read('ablation.md'), /^\| cross-attention +\| \d\.\d{3}/m);
    const report = JSON.parse(read('report.json')) as EvaluationReport;
    assert.deepEqual(
      report.ablation!.cells.map(({ name }) => name),
      ['dense', 'cross-attention'],
    );
    assert.deepEqual(report.metrics.map(({ key }) => key).sort(), ['envelope', 'f1-100']);
    assert.match(read('report.html'), /cross-attention/);

    stages.clear();
    assert.deepEqual(await run(), results);
    assert.deepEqual([...stages], []);
  },
  { limit: 300 },
);

test('a metric that there is not is refused before anything is trained', async () => {
  const table = readAblationTable(tableOf({ metric: 'beauty' }));
  await assert.rejects(
    ablate(table, { folder: join(scratch, 'none'), openEngine: guestEngine }),
    (error: Error) =>
      error instanceof EvaluationError && /there is no metric beauty; there are .*f1-100/.test(error.message),
  );
});

test.run();
