import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../../engine/platform/package-path.js';
import { type AblationTable, readAblationTable } from '../../../../model/evaluation/ablation/table.js';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { suite } from '../../../harness/suite.js';
import { TINY_CONFIG, tinyConfig } from '../../training/examples.js';

const test = suite('ablation: table');
const scratch = mkdtempSync(join(tmpdir(), 'onset-ablation-table-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** Reads a table of two cells over the tiny config, with changes. */
function read(changes: object = {}): AblationTable {
  const path = join(scratch, 'table.json');
  const table = {
    name: 'test',
    base: TINY_CONFIG,
    cells: { plain: {}, frozen: { generator: { freezeEncoder: true } } },
    seeds: [0, 1],
    evaluation: { metric: 'f1-100' },
    ...changes,
  };
  writeFileSync(path, JSON.stringify(table));
  return readAblationTable(path);
}

/** The message by which a table is refused. */
function refused(changes: object): string {
  try {
    read(changes);
  } catch (error) {
    assert.ok(error instanceof EvaluationError, `${error}`);
    return error.message;
  }
  assert.fail('it was not refused');
}

test('cells are the base with the table’s changes, then their own', () => {
  const { cells, reference, evaluation } = read({
    changes: { codec: { steps: 7 }, augmentation: { concatenate: 0.5 } },
  });
  const [plain, frozen] = cells;
  const base = tinyConfig();
  const augmentation = { stretch: 0.6, flow: true, dropCells: 0.4, concatenate: 0.5 };
  assert.deepEqual(plain!.config, { ...base, augmentation, codec: { ...base.codec, steps: 7 } });
  assert.deepEqual(frozen!.config, { ...plain!.config, generator: { ...base.generator, freezeEncoder: true } });
  assert.equal(reference, 'plain', 'the first cell, unless another is named');
  assert.equal(read({ reference: 'frozen' }).reference, 'frozen');
  assert.deepEqual({ ...evaluation }, { data: 'procedural', root: undefined, metric: 'f1-100', steps: 8, guidance: 2 });
});

test('a cell that is no training config is refused with its name and the key', () => {
  const message = refused({ cells: { plain: {}, odd: { model: { generator: { conditioning: 'sparse' } } } } });
  assert.match(message, /cell odd: this is not a training config:\n {2}model\.generator\.conditioning: /);
  assert.match(refused({ cells: { plain: {}, odd: { encoder: { stpes: 3 } } } }), /cell odd: .*\n {2}encoder: .*stpes/);
  assert.match(refused({ cells: { plain: {}, odd: { seed: 4 } } }), /cell odd: seed is not a cell's to change/);
});

test('cells have the same budget, or the one that has not is named with the key', () => {
  const unequal = (changes: object): string => refused({ cells: { plain: {}, long: changes } });
  assert.match(unequal({ encoder: { steps: 24 } }), /cell long: encoder\.steps is 24, and 12 in cell plain/);
  assert.match(unequal({ generator: { batch: 4 } }), /cell long: generator\.batch is 4, and 2 in cell plain/);
  assert.match(unequal({ codec: { crop: 5120 } }), /cell long: codec\.crop is 5120, and 10240/);
  assert.equal(read({ changes: { encoder: { steps: 24 } } }).cells[1]!.config.encoder.steps, 24);
});

test('faults of the table itself are named by their keys', () => {
  assert.match(refused({ seeds: [1, 1] }), /seeds: names a seed twice/);
  assert.match(refused({ seeds: [] }), /seeds: /);
  assert.match(refused({ cells: { 'Not plain': {}, b: {} } }), /cells\.Not plain: .*|cells: .*/);
  assert.match(refused({ cells: { one: {} } }), /cells: 1 of them; an ablation compares at least two/);
  assert.match(refused({ cells: { a: 3, b: {} } }), /cells\.a: an object of changes/);
  assert.match(refused({ reference: 'missing' }), /reference: there is no cell missing; there are plain, frozen/);
  assert.match(refused({ evaluation: {} }), /evaluation\.metric: /);
  assert.match(refused({ extra: 1 }), /extra/);
  assert.match(refused({ base: 'nowhere.json' }), /nowhere\.json: cannot be read \(ENOENT\); a training config/);
  writeFileSync(join(scratch, 'broken.json'), '{');
  assert.throws(() => readAblationTable(join(scratch, 'broken.json')), /broken\.json: not JSON/);
});

test('the tables of the project are in order', () => {
  const folder = join(packageRoot(), 'model', 'training', 'configs');
  const tables = readdirSync(folder).filter((name) => name.startsWith('ablation-'));
  assert.ok(tables.length > 0);
  for (const name of tables) assert.ok(readAblationTable(join(folder, name)).cells.length >= 4, name);
});

test.run();
