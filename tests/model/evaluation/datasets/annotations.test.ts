/** The committed annotations of real clips: they load without the clips, and what they demand can be scored. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { DatasetEntry } from '../../../../model/evaluation/datasets/dataset.js';
import { readDataset } from '../../../../model/evaluation/datasets/manifest.js';
import { suite } from '../../../harness/suite.js';
import { inScratchFolder } from '../../../weights/scratch.js';

const test = suite('evaluation/datasets: annotations');
const REAL_HITS = fileURLToPath(
  new URL('../../../../../model/evaluation/datasets/annotations/real-hits.json', import.meta.url),
);
/** No clip of these sets is longer, in seconds. */
const LONGEST = 10.1;
/** The onset detector finds no two onsets nearer than this, in seconds. */
const NEAREST_ONSETS = 0.069;

/** Reads the manifest with a folder in which only one of its clips is there. */
function realHits(options: { split?: string }, use: (entries: readonly DatasetEntry[]) => void): Promise<void> {
  return inScratchFolder(async (folder) => {
    mkdirSync(join(folder, 'vas'));
    for (const name of ['gun_video_00819.mp4', 'drum_video_02480.mp4']) writeFileSync(join(folder, 'vas', name), '');
    use(readDataset(REAL_HITS, { root: folder, ...options }).entries);
  });
}

const demanded = ({ events }: DatasetEntry): number[] =>
  events!.filter(({ optional }) => !optional).map(({ time }) => time);

test('at least eight clips, each with several demanded events within its length', () =>
  realHits({}, (entries) => {
    assert.ok(entries.length >= 8, `${entries.length} clips`);
    for (const entry of entries) {
      assert.ok(demanded(entry).length >= 4, `${entry.name}: ${demanded(entry).length} demanded events`);
      assert.ok(entry.events!.at(-1)!.time <= LONGEST, `${entry.name} has an event past its end`);
      assert.ok(entry.class, `${entry.name} has no class`);
    }
  }));

test('no two demanded events are nearer than the detector can tell apart', () =>
  realHits({}, (entries) => {
    for (const entry of entries) {
      const times = demanded(entry);
      for (const [i, time] of times.entries()) {
        assert.ok(i === 0 || time - times[i - 1]! > NEAREST_ONSETS, `${entry.name}: ${times[i - 1]} and ${time} s`);
      }
    }
  }));

test('a clip whose sound does not hold what is seen has no offset, and is in a split of its own', async () => {
  await realHits({ split: 'visible-only' }, (entries) => assert.ok(entries.every(({ offset }) => offset === 0)));
  await realHits({ split: 'audible' }, (entries) => assert.ok(entries.every(({ offset }) => offset > 0)));
});

test('of the published VTA-LDM clips the songs have no events; those of the others come from the true audio', () =>
  inScratchFolder(async (folder) => {
    const names = ['-26aVYRtEAc_000030', '0Bp8c3PfAAA_000053'];
    for (const name of names) writeFileSync(join(folder, `${name}.mp4`), '');
    const manifest = fileURLToPath(new URL('vta-ldm.json', pathToFileURL(REAL_HITS)));
    const { entries } = readDataset(manifest, { root: folder });
    assert.equal(entries.length, 5);
    assert.deepEqual(
      names.map((name) => entries.find((entry) => entry.name === name)?.events),
      [[], undefined],
    );
  }));

test.run();
