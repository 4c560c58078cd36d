import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { classLabels } from '../../../../model/evaluation/taggers/class-labels.js';
import { suite } from '../../../harness/suite.js';
import { inScratchFolder } from '../../../weights/scratch.js';

const test = suite('taggers: class labels');

const TABLE = 'index,mid,display_name\n0,/m/0,"Male speech, man speaking"\n1,/m/1,Click\n2,/m/2,"A ""quoted"" one"\n';
const NAMES = ['Male speech, man speaking', 'Click', 'A "quoted" one'];

test('a table beside the checkpoint names the classes, one that is given goes first, and without any they have numbers', async () =>
  inScratchFolder(async (folder) => {
    const checkpoint = join(folder, 'network.pt');
    assert.deepEqual(await classLabels(checkpoint, 3), ['class 0', 'class 1', 'class 2']);
    await writeFile(join(folder, 'class_labels_indices.csv'), TABLE);
    assert.deepEqual(await classLabels(checkpoint, 3), NAMES);
    const other = join(folder, 'other.csv');
    await writeFile(other, 'index,display_name\r\n0,Bell\r\n');
    assert.deepEqual(await classLabels(checkpoint, 1, other), ['Bell']);
  }));

test('a table that does not fit is refused, with its file', async () =>
  inScratchFolder(async (folder) => {
    const file = join(folder, 'table.csv');
    const refused = (count: number, message: RegExp): Promise<void> =>
      assert.rejects(classLabels('network.pt', count, file), { name: 'EvaluationError', message });
    await refused(3, /table\.csv: there is no such table/);
    await writeFile(file, TABLE);
    await refused(4, /table\.csv names 3 classes; expected a name for each of 0 to 3/);
    await writeFile(file, 'a,b\n0,1\n');
    await refused(1, /the first line is 'a,b'; expected columns index and display_name/);
  }));

test.run();
