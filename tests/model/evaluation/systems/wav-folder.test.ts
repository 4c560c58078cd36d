/** Folders of sounds as systems. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type DatasetClip, SOUND_RATE } from '../../../../model/evaluation/datasets/dataset.js';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { wavFolder } from '../../../../model/evaluation/systems/wav-folder.js';
import { writeWav } from '../../../../model/media/index.js';
import { suite } from '../../../harness/suite.js';
import { inScratchFolder } from '../../../weights/scratch.js';

const test = suite('evaluation/systems: folders of sounds');
const clipOf = (name: string): DatasetClip => ({ name }) as DatasetClip;

test('sounds are found by the names of clips, and come at the rate of the evaluation', () =>
  inScratchFolder(async (folder) => {
    for (const name of ['a', 'b.model', 'b2.model', 'c.one', 'c.two']) {
      await writeWav(join(folder, `${name}.wav`), [new Float32Array(4000).fill(0.25)], 8000);
    }
    const system = wavFolder(folder, 'rival');
    assert.equal(system.name, 'rival');
    assert.equal(system.seeded, false);
    for (const name of ['a', 'clips/b']) {
      const { samples, sampleRate } = (await system.soundFor(clipOf(name), { seed: 0 }))!;
      assert.equal(sampleRate, SOUND_RATE);
      assert.ok(Math.abs(samples.length - 8000) < 50, `${samples.length}`);
      assert.ok(Math.abs(samples[4000]! - 0.25) < 1e-2, `${samples[4000]}`);
    }
    const refused = (name: string, message: RegExp): Promise<void> =>
      assert.rejects(
        system.soundFor(clipOf(name), { seed: 0 }),
        (error) => error instanceof EvaluationError && message.test(error.message),
      );
    await refused('d', /the sound of d is not there; d\.wav is expected/);
    await refused('c', /could be any of c\.one\.wav, c\.two\.wav/);
  }));

test('a folder without sounds is refused', () =>
  inScratchFolder(async (folder) => {
    assert.throws(() => wavFolder(folder), EvaluationError);
  }));

test.run();
