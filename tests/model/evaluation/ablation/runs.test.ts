import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AblationProgress,
  type FailedRun,
  type TrainRunsOptions,
  trainRuns,
} from '../../../../model/evaluation/ablation/runs.js';
import { type AblationTable, readAblationTable } from '../../../../model/evaluation/ablation/table.js';
import { parseTrainingConfig } from '../../../../model/training/config.js';
import { verify } from '../../../../weights/index.js';
import { guestEngine } from '../../../harness/engine.js';
import { suite } from '../../../harness/suite.js';
import { TINY_CONFIG } from '../../training/examples.js';

const test = suite('ablation: runs');
const scratch = mkdtempSync(join(tmpdir(), 'onset-ablation-runs-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** A table over the tiny config with two steps a stage; its second cell needs footage that is not there. */
function table(): AblationTable {
  const path = join(scratch, 'table.json');
  const steps = { steps: 2 };
  writeFileSync(
    path,
    JSON.stringify({
      name: 'test',
      base: TINY_CONFIG,
      changes: { codec: steps, encoder: steps, generator: steps },
      cells: {
        plain: {},
        footage: { data: { footage: { folder: join(scratch, 'nowhere'), share: 0.5 } } },
        frozen: { generator: { freezeEncoder: true } },
      },
      seeds: [4],
      evaluation: { metric: 'f1-100' },
    }),
  );
  return readAblationTable(path);
}

/** What one call trained and reported; it may be stopped as soon as `stopAt` is reported. */
async function trained(stopAt?: { cell: string; stage: string }) {
  const progress: AblationProgress[] = [];
  const failures: FailedRun[] = [];
  const stop = new AbortController();
  const options: TrainRunsOptions = {
    folder: join(scratch, 'out'),
    openEngine: guestEngine,
    checkpointSeconds: 1000,
    onProgress(each) {
      progress.push(each);
      if (each.cell === stopAt?.cell && each.stage === stopAt.stage) stop.abort(new Error('stopped'));
    },
    onFailure: (failure) => failures.push(failure),
    signal: stop.signal,
  };
  const result = await trainRuns(table(), options).catch((error: Error) => error);
  const stages = progress.filter(({ figures }) => figures).map(({ cell, stage, done }) => `${cell} ${stage} ${done}`);
  return { result, stages, progress, failures };
}

test(
  'an interrupted ablation goes on where it stopped, a cell that fails is reported and the others go on, finished ones are skipped',
  async () => {
    const stopped = await trained({ cell: 'frozen', stage: 'generator' });
    assert.match(`${stopped.result}`, /stopped/);
    assert.deepEqual(stopped.stages, [
      ...['codec', 'encoder', 'generator'].flatMap((stage) => [`plain ${stage} 1`, `plain ${stage} 2`]),
      'frozen generator 1',
    ]);

    const resumed = await trained();
    assert.deepEqual(resumed.stages, ['frozen generator 2'], 'plain is finished, frozen has a checkpoint');
    assert.ok(!(resumed.result instanceof Error), `${resumed.result}`);
    const { runs, failures } = resumed.result;
    assert.deepEqual(
      runs.map(({ cell, seed }) => `${cell} ${seed}`),
      ['plain 4', 'frozen 4'],
    );
    assert.deepEqual(failures, resumed.failures);
    assert.deepEqual(
      failures.map(({ cell, seed }) => `${cell} ${seed}`),
      ['footage 4'],
    );
    assert.match(failures[0]!.error, /nowhere/);
    for (const { weights, seconds, parameters } of runs) {
      await verify(weights);
      assert.ok(Object.values(seconds).every((value) => value > 0));
      assert.deepEqual(parameters, runs[0]!.parameters);
      assert.ok(parameters.codec > 1000 && parameters.encoder > 1000 && parameters.generator > 1000);
    }
    const { run, runs: of } = resumed.progress.at(-1)!;
    assert.deepEqual([run, of], [3, 3]);

    const again = await trained();
    assert.deepEqual(again.progress, [], 'nothing is left to train');
    assert.deepEqual(again.result, resumed.result);
  },
  { limit: 300 },
);

test('each run has its own config, with its cell’s changes and its seed, by which it can be trained alone', () => {
  const home = join(scratch, 'out', 'frozen', 'seed-4');
  const config = parseTrainingConfig(readFileSync(join(home, 'config.json'), 'utf8'), join(home, 'config.json'));
  assert.deepEqual([config.name, config.seed, config.generator.freezeEncoder], ['test-frozen-seed-4', 4, true]);
  assert.ok(!existsSync(join(home, 'generator.checkpoint.safetensors')));
  assert.equal(readdirSync(join(scratch, 'out', 'stages')).length, 4, 'codec and encoder are shared');
});

test('a cell whose config was changed since is not mixed with what it was: it fails, and says what to remove', async () => {
  const before = table();
  const [plain] = before.cells;
  const config = { ...plain!.config, codec: { ...plain!.config.codec, noise: 0.1 } };
  const { failures } = await trainRuns(
    { ...before, cells: [{ ...plain!, config }] },
    { folder: join(scratch, 'out'), openEngine: guestEngine },
  );
  assert.match(failures[0]!.error, /plain[/\\]seed-4 is of another config: remove that folder/);
});

test.run();
