/** Datasets from manifests and folders: what they say, and what is refused. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDataset } from '../../../../model/evaluation/datasets/manifest.js';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { suite } from '../../../harness/suite.js';
import { inScratchFolder } from '../../../weights/scratch.js';

const test = suite('evaluation/datasets: manifests');

/** Reads a folder with these files; objects become JSON. */
function reading<T>(files: Record<string, unknown>, use: (folder: string) => T): Promise<T> {
  return inScratchFolder(async (folder) => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return use(folder);
  });
}

const listing = (...clips: object[]): object => ({ name: 'hits', clips });

function refused(files: Record<string, unknown>, message: RegExp, options = {}): Promise<void> {
  return reading({ 'a.mp4': 'video', ...files }, (folder) => {
    assert.throws(
      () => readDataset(folder, options),
      (error) => error instanceof EvaluationError && message.test(error.message),
    );
  });
}

test('an entry is read with all that it says, and defaults for what it does not', async () => {
  const files = {
    'manifest.json': {
      ...{ name: 'hits', description: 'drumsticks', licence: 'CC-BY-4.0' },
      clips: [
        { clip: 'clips/a.mp4', events: [2, { time: 1, optional: true }], sound: 'a.wav', class: 'drum', offset: 0.1 },
        { clip: 'b.mp4', sound: 'none', licence: 'CC0-1.0', split: 'test' },
        { clip: 'c.mp4', sound: 'own' },
      ],
    },
    'clips/a.mp4': 'video',
  };
  await reading(files, (folder) => {
    const { entries, ...about } = readDataset(folder);
    assert.deepEqual(about, { name: 'hits', description: 'drumsticks', licence: 'CC-BY-4.0' });
    const unset = { events: undefined, class: undefined, split: undefined, offset: 0, licence: 'CC-BY-4.0' };
    assert.deepEqual(entries, [
      {
        ...{ ...unset, name: 'clips/a', path: join(folder, 'clips/a.mp4'), sound: { path: join(folder, 'a.wav') } },
        ...{ class: 'drum', offset: 0.1, events: [{ time: 1, optional: true }, { time: 2 }] },
      },
      { ...unset, name: 'b', path: join(folder, 'b.mp4'), sound: 'none', licence: 'CC0-1.0', split: 'test' },
      { ...unset, name: 'c', path: join(folder, 'c.mp4'), sound: 'own' },
    ]);
  });
});

test('events may lie in files beside the manifest, as JSON or as a label track, and the media elsewhere', async () => {
  const files = {
    'media/a.mp4': 'video',
    'lists/manifest.json': listing(
      { clip: 'a.mp4', events: 'a.json' },
      { clip: 'b.mp4', events: 'b.json', offset: 0.01 },
      { clip: 'c.mp4', events: 'c.txt' },
    ),
    'lists/a.json': { events: [0.5], offset: 0.08 },
    'lists/b.json': { events: [{ time: 3, strength: 0.5 }, 1], offset: 0.08 },
    'lists/c.txt': '# heard, not seen\n1.5\t1.6\thit\n0.25\t0.25\toptional\n\n',
  };
  await reading(files, (folder) => {
    const { entries } = readDataset(join(folder, 'lists'), { root: join(folder, 'media') });
    assert.equal(entries[0]!.path, join(folder, 'media', 'a.mp4'));
    assert.deepEqual(
      entries.map(({ events, offset }) => ({ events, offset })),
      [
        { events: [{ time: 0.5 }], offset: 0.08 },
        { events: [{ time: 1 }, { time: 3, strength: 0.5 }], offset: 0.01 },
        { events: [{ time: 0.25, optional: true }, { time: 1.5 }], offset: 0 },
      ],
    );
  });
});

test('a folder of videos is a dataset; other files are passed over', async () => {
  await reading({ 'b.MOV': 'x', 'a.mp4': 'x', 'notes.txt': 'x' }, (folder) => {
    const { entries } = readDataset(folder);
    assert.deepEqual(
      entries.map(({ name, sound, offset }) => ({ name, sound, offset })),
      [
        { name: 'a', sound: 'own if any', offset: 0 },
        { name: 'b', sound: 'own if any', offset: 0 },
      ],
    );
  });
});

test('a split and a number of clips choose among them', async () => {
  const clips = [0, 1, 2, 3].map((i) => ({ clip: `${i}.mp4`, split: i % 2 ? 'odd' : 'even' }));
  await reading({ '1.mp4': 'x', '3.mp4': 'x', 'manifest.json': listing(...clips) }, (folder) => {
    const names = (options: object): string[] => readDataset(folder, options).entries.map(({ name }) => name);
    assert.deepEqual(names({ split: 'odd' }), ['1', '3']);
    assert.deepEqual(names({ split: 'odd', clips: 1 }), ['1']);
    assert.deepEqual(names({ clips: 3 }), ['0', '1', '2']);
  });
  await refused(
    { 'manifest.json': listing({ clip: 'a.mp4', split: 'x' }) },
    /no clip has the split test; there are x/,
    {
      split: 'test',
    },
  );
});

const FAULTS: Record<string, [manifest: unknown, message: RegExp]> = {
  'text that is not JSON': ['{', /manifest\.json: is no manifest/],
  'no clips': [listing(), /clips/],
  'an unknown key, by its entry': [
    listing({ clip: 'a.mp4' }, { clip: 'b.mp4', event: [] }),
    /manifest\.json: clips\[1\] \(b\.mp4\): .*event/,
  ],
  'an event before the clip, by its place': [
    listing({ clip: 'a.mp4', events: [1, -1] }),
    /clips\[0\]\.events\[1\] \(a\.mp4\): .*0/,
  ],
  'an event that is no time': [listing({ clip: 'a.mp4', events: [{ at: 1 }] }), /clips\[0\]\.events\[0\].* \(a\.mp4\)/],
  'an offset of a minute': [listing({ clip: 'a.mp4', offset: 60 }), /clips\[0\]\.offset \(a\.mp4\): .*5/],
  'one name twice': [
    listing({ clip: 'a.mp4' }, { clip: 'a.mov' }),
    /clips\[1\] \(a\.mov\): has the name of clips\[0\]/,
  ],
  'an events file that is not there': [
    listing({ clip: 'a.mp4', events: 'a.json' }),
    /clips\[0\] \(a\.mp4\): its events file .*a\.json cannot be read \(ENOENT\)/,
  ],
  'clips that are all elsewhere': [listing({ clip: 'b.mp4' }), /none of its 1 clips is there .*--root/],
};

for (const [name, [manifest, message]] of Object.entries(FAULTS)) {
  test(`a manifest is refused: ${name}`, () => refused({ 'manifest.json': manifest }, message));
}

test('a fault in an events file names the entry, the file and the line', async () => {
  const manifest = listing({ clip: 'a.mp4', events: 'a.txt' });
  await refused({ 'manifest.json': manifest, 'a.txt': '1.5\n1,5\n' }, /\(a\.mp4\): .*a\.txt: line 2 begins with "1,5"/);
  const json = listing({ clip: 'a.mp4', events: 'a.json' });
  await refused({ 'manifest.json': json, 'a.json': { times: [1] } }, /\(a\.mp4\): .*a\.json: a list of seconds/);
});

test('a folder without clips, and one that is not there, are refused', async () => {
  await reading({ 'a.txt': 'x' }, (folder) => {
    assert.throws(() => readDataset(folder), /neither a manifest\.json nor videos/);
    assert.throws(() => readDataset(join(folder, 'nowhere')), /no such dataset/);
  });
  await reading({ 'a.mp4': 'x', 'a.mov': 'x' }, (folder) => {
    assert.throws(() => readDataset(folder), /two videos are named a/);
  });
});

test.run();
