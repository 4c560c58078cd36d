/** The shipped model as a system, and the references and controls that need it. */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { proceduralDataset } from '../../../model/evaluation/datasets/procedural.js';
import { evaluate } from '../../../model/evaluation/evaluate.js';
import { SoundStore } from '../../../model/evaluation/sound-store.js';
import { findSystem, modelControls } from '../../../model/evaluation/systems/find-system.js';
import { writeWav } from '../../../model/media/index.js';
import { UnknownModelError } from '../../../model/models.js';
import { sharedEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';
import { inScratchFolder } from '../../weights/scratch.js';

const test = suite('evaluation: models as systems');

test(
  'the shipped model scores better on held-out clips than with other videos, and its codec keeps the onsets',
  () =>
    inScratchFolder(async (folder) => {
      const engine = await sharedEngine();
      const dataset = await proceduralDataset({ clips: 3, folder });
      const found = await findSystem(engine, 'ours=onset', { steps: 2 });
      const { system } = found;
      assert.match(system.description, /family onset, weights [0-9a-f]{12}, steps 2/);
      const store = new SoundStore(join(folder, 'work'));
      const { controls, missing } = await modelControls(engine, [found], { reason: 'not asked for' }, store.soundOf);
      const report = await evaluate(dataset, [system], { store, controls, missing, metrics: ['f1-100', 'envelope'] });
      const of = (name: string, metric: string): number =>
        report.systems.find((each) => each.name === name)!.metrics[metric]!.value!;
      assert.ok(of('ours', 'f1-100') > 0.5, `${of('ours', 'f1-100')}`);
      assert.ok(of('ours', 'f1-100') > of('ours, shuffled video', 'f1-100') + 0.2);
      assert.ok(of('ours', 'envelope') > of('ours, shuffled video', 'envelope'));
      assert.ok(of('true audio through the codec', 'f1-100') > 0.8);
      // Its decoder has no noise: what is faint is not kept.
      assert.ok(of('true audio through the codec', 'envelope') > 0.4);
      assert.ok(report.systems.find(({ name }) => name === 'ours')!.clips.every(({ events }) => events));
      assert.deepEqual(report.missing, missing);
    }),
  { limit: 300 },
);

test('a system is named by a model, a folder of weights, or a folder of sounds', () =>
  inScratchFolder(async (folder) => {
    const engine = await sharedEngine();
    const sounds = join(folder, 'sounds');
    mkdirSync(sounds);
    await writeWav(join(sounds, 'a.wav'), [new Float32Array(100)], 16_000);
    const names = await Promise.all(
      ['onset', sounds, `rival=${sounds}`, 'weights/onset'].map(
        async (text) => (await findSystem(engine, text)).system.name,
      ),
    );
    assert.deepEqual(names, ['onset', 'sounds', 'rival', 'onset']);
    await assert.rejects(findSystem(engine, 'nowhere'), UnknownModelError);
  }));

test.run();
