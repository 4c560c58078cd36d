/** Procedural datasets: rendered once, without loss, and read like any other. */

import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SOUND_RATE } from '../../../../model/evaluation/datasets/dataset.js';
import { openDatasetClip } from '../../../../model/evaluation/datasets/open-clip.js';
import { proceduralDataset } from '../../../../model/evaluation/datasets/procedural.js';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { makeClip, worldSeed } from '../../../../model/foley/index.js';
import { suite } from '../../../harness/suite.js';
import { inScratchFolder } from '../../../weights/scratch.js';

const test = suite('evaluation/datasets: procedural');

test('a clip comes back with every pixel, gray as the world’s own luma, its times, its sound to 16 bits, and the events of the world', () =>
  inScratchFolder(async (folder) => {
    const { entries } = await proceduralDataset({ clips: 1, folder });
    const world = makeClip(worldSeed('validation', 0), { gray: false, pairs: 'training' });
    const clip = await openDatasetClip(entries[0]!);
    assert.equal(clip.seconds, 4);
    assert.equal(clip.eventSource, 'annotation');
    assert.deepEqual(
      clip.events,
      world.events.map(({ time, velocity }) => ({ time, strength: velocity })),
    );
    assert.equal(clip.sound!.length, 4 * SOUND_RATE);
    for (const [i, sample] of clip.sound!.entries()) assert.ok(Math.abs(sample - world.sound[i]!) <= 2 / 32768);
    const bytes = world.size * world.size * 3;
    let count = 0;
    for await (const { images, time } of clip.clip.frames({ image: { pixels: 'rgb24' }, gray: { pixels: 'gray8' } })) {
      for (const [i, pixel] of images.gray.entries()) {
        const [red, green, blue] = images.image.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
        assert.ok(Math.abs(pixel - (0.299 * red + 0.587 * green + 0.114 * blue)) <= 1.5);
      }
      assert.ok(Math.abs(time - world.times[count]!) < 2e-4, `frame ${count} at ${time}, not ${world.times[count]}`);
      assert.deepEqual(Buffer.from(images.image), Buffer.from(world.frames.subarray(count * bytes, ++count * bytes)));
    }
    assert.equal(count, world.frameCount);
  }));

test('rendering goes on where it was stopped, and more clips leave those that are there', () =>
  inScratchFolder(async (folder) => {
    await proceduralDataset({ clips: 2, folder });
    const home = join(folder, readdirSync(folder)[0]!);
    const first = statSync(join(home, 'held-out-0000.mp4')).mtimeMs;
    // As an end in the middle of the second clip leaves it.
    rmSync(join(home, 'held-out-0001.json'));
    const progress: string[] = [];
    const onProgress = (stage: string, done: number, total: number): void =>
      void progress.push(`${stage} ${done}/${total}`);
    const { entries } = await proceduralDataset({ clips: 3, folder, onProgress });
    assert.deepEqual(progress, ['rendering clips 1/2', 'rendering clips 2/2']);
    assert.equal(statSync(join(home, 'held-out-0000.mp4')).mtimeMs, first);
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['held-out-0000', 'held-out-0001', 'held-out-0002'],
    );
    assert.equal((await proceduralDataset({ clips: 1, folder })).entries.length, 1);
  }));

test('the compositional split has pairs of material and source that are never trained on', () =>
  inScratchFolder(async (folder) => {
    const { entries } = await proceduralDataset({ clips: 1, split: 'compositional', folder });
    const world = makeClip(worldSeed('validation', 0), { pairs: 'held-out' });
    assert.ok(world.heldOut);
    assert.deepEqual(
      entries[0]!.events?.map(({ time }) => time),
      world.events.map(({ time }) => time),
    );
    await assert.rejects(proceduralDataset({ clips: 1, split: 'test', folder }), EvaluationError);
  }));

test.run();
