import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FootageError, readManifest } from '../../../../model/training/data/footage-manifest.js';
import { suite } from '../../../harness/suite.js';

const test = suite('footage');
const folder = mkdtempSync(join(tmpdir(), 'onset-footage-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const header = 'file\tsplit\thit\tseconds\tonsets\tlabel\tscene\tsource';
const good = ['a.mp4', 'train', '1', '2.5', '1.5 0.25', 'hammer', '3', 'somewhere'];

function manifest(...lines: string[]): void {
  writeFileSync(join(folder, 'manifest.tsv'), lines.join('\n'));
}

test('a good manifest is read', () => {
  manifest(header, good.join('\t'), 'b.mp4\tval\t0\t4\t\train\t4\t', '');
  const [a, b] = readManifest(folder);
  assert.ok(a && b);
  assert.deepEqual(a, {
    path: join(folder, 'a.mp4'),
    file: 'a.mp4',
    split: 'train',
    hit: true,
    seconds: 2.5,
    onsets: [0.25, 1.5],
    label: 'hammer',
    scene: '3',
    source: 'somewhere',
  });
  assert.deepEqual([b.hit, b.onsets, b.split], [false, [], 'val']);
});

test('a fault is named by line and column', () => {
  const faults: [column: number, value: string, message: RegExp][] = [
    [0, '', /line 2, column file: "" is not the plain name of a file/],
    [0, '../a.mp4', /column file/],
    [1, 'test', /column split: "test" is neither train nor val/],
    [2, 'yes', /column hit: "yes" is neither 0 nor 1/],
    [3, 'long', /column seconds: "long" is not a number/],
    [3, '0', /column seconds: "0" is not above 0/],
    [4, '1 x', /column onsets: "1 x" is not a list of seconds/],
    [4, '-1', /column onsets/],
    [6, '', /column scene/],
  ];
  for (const [column, value, message] of faults) {
    manifest(header, good.with(column, value).join('\t'));
    assert.throws(
      () => readManifest(folder),
      (error: Error) => error instanceof FootageError && message.test(error.message),
    );
  }
  manifest(header, good.slice(1).join('\t'));
  assert.throws(() => readManifest(folder), /line 2 has 7 columns; expected 8/);
  manifest(header.replace('hit', 'seen'), good.join('\t'));
  assert.throws(() => readManifest(folder), /names no column hit/);
  manifest(header);
  assert.throws(() => readManifest(folder), /lists no clips/);
  assert.throws(() => readManifest(join(folder, 'nowhere')), /nowhere: there is no such folder of footage/);
  rmSync(join(folder, 'manifest.tsv'));
  assert.throws(
    () => readManifest(folder),
    /manifest.tsv: cannot be read \(ENOENT\); a folder of footage needs a manifest.tsv/,
  );
});

test.run();
