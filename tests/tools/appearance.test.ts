/** What `run` does about the weights that look at pictures: nothing where they are there, and one line where they cannot be had. */

import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { appearanceIfAvailable, appearanceWeights } from '../../tools/appearance.js';
import { APPEARANCE } from '../../weights/hub/appearance.js';
import { targetFolder } from '../../weights/hub/cache.js';
import { modelCacheFolder } from '../../weights/hub/disk.js';
import { suite } from '../harness/suite.js';
import { inScratchFolder } from '../weights/scratch.js';

const test = suite('tools: appearance');

/** A bare machine: no hub, no Python, an empty cache. Gives what was written to stderr. */
async function onBareMachine(use: (said: () => string) => Promise<void>): Promise<void> {
  await inScratchFolder(async (home) => {
    const settings: Record<string, string> = {
      ...{ XDG_CACHE_HOME: home, HOME: home, LOCALAPPDATA: home, PATH: join(home, 'nothing') },
      HF_ENDPOINT: 'http://127.0.0.1:9',
    };
    const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
    const { write } = process.stderr;
    let text = '';
    Object.assign(process.env, settings);
    process.stderr.write = ((chunk: string) => {
      text += chunk;
      return true;
    }) as typeof write;
    try {
      await use(() => text);
    } finally {
      process.stderr.write = write;
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
}

test('without hub and Python a run goes on, and says so once a day', async () => {
  await onBareMachine(async (said) => {
    assert.equal(await appearanceIfAvailable({}), undefined);
    const first = said();
    assert.match(first, /EfficientNet-Lite0.*Apache-2\.0.*18\.8 MB/);
    assert.equal(first.match(/the picture does not tell what sounds.*no pip.*node engine pull appearance/g)?.length, 1);
    assert.doesNotMatch(first, /127\.0\.0\.1/);
    assert.equal(await appearanceIfAvailable({}), undefined);
    assert.equal(said(), first, 'the second run of the day says nothing');
    const tried = `${targetFolder(APPEARANCE, modelCacheFolder())}.tried`;
    utimesSync(tried, new Date(0), new Date(0));
    assert.equal(await appearanceIfAvailable({ offline: true }), undefined);
    assert.equal(said(), first, 'offline asks nobody');
    await appearanceIfAvailable({});
    assert.equal(said().match(/the picture does not tell/g)?.length, 2, 'a day later');
  });
});

test('weights that are there are used, also offline; look is told how to get them', async () => {
  await onBareMachine(async (said) => {
    await assert.rejects(appearanceWeights({ offline: true }), {
      name: 'NotPulledError',
      message: /node engine pull appearance/,
    });
    const path = join(targetFolder(APPEARANCE, modelCacheFolder()), APPEARANCE.files[0]!.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'weights');
    assert.equal(await appearanceIfAvailable({ offline: true }), path);
    assert.equal(await appearanceIfAvailable({}), path);
    assert.equal(await appearanceWeights({ offline: true }), path);
    assert.equal(said(), '');
  });
});

test.run();
