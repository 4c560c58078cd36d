/** Files are replaced as a whole or not at all, and what the system refuses has a kind. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../../engine/platform/replace-file.js';
import { systemCodeOf, systemFaultOf } from '../../../engine/platform/system-error.js';
import { suite } from '../../harness/suite.js';
import { inScratchFolder } from '../../weights/scratch.js';

const test = suite('engine/platform');

test('the new file stands there when it is complete, and nothing beside it', async () => {
  await inScratchFolder(async (folder) => {
    const path = join(folder, 'figures.json');
    writeFileSync(path, 'old');
    await replaceFile(path, async (temporary) => {
      writeFileSync(temporary, 'new');
      assert.equal(readFileSync(path, 'utf8'), 'old');
    });
    assert.equal(readFileSync(path, 'utf8'), 'new');
    assert.deepEqual(readdirSync(folder), ['figures.json']);
  });
});

test('a failure leaves the old file and no other', async () => {
  await inScratchFolder(async (folder) => {
    const path = join(folder, 'figures.json');
    writeFileSync(path, 'old');
    const failing = replaceFile(path, async (temporary) => {
      writeFileSync(temporary, 'half');
      throw new EvalError('enough');
    });
    await assert.rejects(failing, EvalError);
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), ['figures.json']);
    assert.equal(process.listeners('exit').filter(({ name }) => name.includes('removeNow')).length, 0);
  });
});

test('what the system refuses has a kind; other values have none', async () => {
  await inScratchFolder(async (folder) => {
    const kindOf = (path: string): Promise<string | undefined> =>
      replaceFile(path, async (temporary) => writeFileSync(temporary, '')).then(
        () => assert.fail('it was written'),
        (error) => systemFaultOf(error)?.kind,
      );
    assert.equal(await kindOf(join(folder, 'none', 'file')), 'missing');
    mkdirSync(join(folder, 'taken', 'within'), { recursive: true });
    assert.equal(await kindOf(join(folder, 'taken')), process.platform === 'win32' ? 'denied' : 'directory');
    assert.deepEqual(readdirSync(folder), ['taken']);
    assert.ok(statSync(join(folder, 'taken')).isDirectory());
    for (const value of [
      undefined,
      null,
      'ENOENT',
      new Error('ENOENT'),
      { code: 'ENOENT' },
      { code: 7, syscall: 'x' },
    ]) {
      assert.equal(systemCodeOf(value), undefined);
    }
  });
});

test.run();
