import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FfmpegMissingError } from '../../../../model/media/errors.js';
import { SoundFolderError, soundFolder } from '../../../../model/training/data/sound-folder.js';
import type { DataOptions } from '../../../../model/training/data/training-clip.js';
import { suite } from '../../../harness/suite.js';
import { ffmpeg } from '../../media/clips.js';
import { makeFootage } from '../examples.js';

const test = suite('folders of sounds');
const scratch = mkdtempSync(join(tmpdir(), 'onset-sounds-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));
const folder = join(scratch, 'sounds');

/** A tone at 44.1 kHz, in stereo. */
const tone = (name: string, seconds: number): Promise<void> =>
  ffmpeg('-f', 'lavfi', '-i', `sine=f=440:r=44100:d=${seconds}`, '-ac', '2', join(folder, name));

/** Keeps what is decoded in the test's own folder. */
const read = (config: { folder: string; match?: string }, options: DataOptions = {}): ReturnType<typeof soundFolder> =>
  soundFolder(config, { cacheFolder: join(scratch, 'cache'), ...options });

async function refused(config: { folder: string; match?: string }, message: RegExp): Promise<void> {
  await assert.rejects(read(config), (error: Error) => {
    assert.ok(error instanceof SoundFolderError, `${error.name}: ${error.message}`);
    assert.match(error.message, message);
    return true;
  });
}

test('all sound files of a folder and its folders, by name, mono at 16 kHz', async () => {
  mkdirSync(join(folder, 'dog'), { recursive: true });
  await tone('b.wav', 1);
  await tone('dog/1-a.ogg', 0.5);
  await tone('dog/2-a.FLAC', 0.25);
  writeFileSync(join(folder, 'CREDITS.md'), 'no sound');
  const progress: string[] = [];
  const { clips } = await soundFolder(
    { folder },
    { onProgress: (done, total) => void progress.push(`${done}/${total}`) },
  );
  assert.deepEqual(
    clips.map(({ sound }) => Math.round(sound.length / 1600)),
    [10, 5, 3],
  );
  assert.deepEqual(progress, ['1/3', '2/3', '3/3']);
  const loudest = clips[0]!.sound.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  assert.ok(Math.abs(loudest / 32767 - 0.125) < 0.01, `ffmpeg's tone has an amplitude of ⅛, not ${loudest / 32767}`);
});

test('a pattern picks files by their path in the folder', async () => {
  const lengths = async (match: string): Promise<number[]> =>
    (await read({ folder, match })).clips.map(({ sound }) => Math.round(sound.length / 1600));
  assert.deepEqual(await lengths('(^|/)1-'), [5]);
  assert.deepEqual(await lengths('^dog/'), [5, 3]);
});

test('a folder with a manifest gives the sound of its training split', async () => {
  const footage = join(scratch, 'footage');
  await makeFootage(footage, [
    { file: 'a.mp4', seconds: 1, hit: 0 },
    { file: 'held-out.mp4', seconds: 2, split: 'val' },
  ]);
  const { clips } = await read({ folder: footage });
  assert.deepEqual(
    clips.map(({ sound }) => Math.round(sound.length / 1600)),
    [10],
  );
});

test('a file is decoded once, and anew when it was touched', async () => {
  const first = await read({ folder });
  const before = process.env.FFMPEG;
  process.env.FFMPEG = join(scratch, 'nowhere', 'ffmpeg');
  try {
    assert.deepEqual(await read({ folder }), first);
    utimesSync(join(folder, 'b.wav'), new Date(), new Date());
    await assert.rejects(read({ folder }), FfmpegMissingError);
  } finally {
    if (before === undefined) delete process.env.FFMPEG;
    else process.env.FFMPEG = before;
  }
  assert.deepEqual(await read({ folder }), first);
});

test('the digest follows names and contents, not where the folder lies', async () => {
  const { sha256 } = await read({ folder });
  const copy = join(scratch, 'copy');
  cpSync(folder, copy, { recursive: true });
  assert.equal((await read({ folder: copy })).sha256, sha256);
  assert.notEqual((await read({ folder: copy, match: '^dog/' })).sha256, sha256);
  cpSync(join(copy, 'dog', '1-a.ogg'), join(copy, 'b.wav'));
  assert.notEqual((await read({ folder: copy })).sha256, sha256);
});

test('what cannot be used is named', async () => {
  await refused({ folder: join(scratch, 'nowhere') }, /nowhere: there is no such folder of sounds/);
  await refused({ folder, match: '^cat/' }, /sounds: has no sound files for training whose path matches \^cat\//);
  const broken = join(scratch, 'broken');
  mkdirSync(broken);
  writeFileSync(join(broken, 'a.wav'), 'no sound at all');
  await refused({ folder: broken }, /data.sounds: .*a.wav.*; fix the file, or take it out of the folder/);
});

test('reading stops when asked to, with the signal’s reason', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const reading = read({ folder }, { onProgress: () => stop.abort(reason), signal: stop.signal });
  await assert.rejects(reading, reason);
});

test.run();
