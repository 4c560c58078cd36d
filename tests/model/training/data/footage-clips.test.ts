import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FfmpegMissingError } from '../../../../model/media/errors.js';
import { footageClips } from '../../../../model/training/data/footage-clips.js';
import { FootageError } from '../../../../model/training/data/footage-manifest.js';
import { sharedEngine } from '../../../harness/engine.js';
import { suite } from '../../../harness/suite.js';
import { makeFootage } from '../examples.js';

const test = suite('footage clips');
const scratch = mkdtempSync(join(tmpdir(), 'onset-footage-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

const folder = join(scratch, 'good');
const options = { size: 64, cacheFolder: join(scratch, 'cache') };

/** Runs `work` where nothing can be decoded. */
async function withoutFfmpeg<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env.FFMPEG;
  process.env.FFMPEG = join(scratch, 'nowhere', 'ffmpeg');
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.FFMPEG;
    else process.env.FFMPEG = before;
  }
}

async function refused(name: string, message: RegExp): Promise<void> {
  await assert.rejects(footageClips(await sharedEngine(), join(scratch, name), options), (error: Error) => {
    assert.ok(error instanceof FootageError, `${error.name}: ${error.message}`);
    assert.match(error.message, message);
    return true;
  });
}

test('training clips come in the manifest’s order, with their flow, sound, onsets and whether their source is visible', async () => {
  await makeFootage(folder, [
    { file: 'a.mp4', seconds: 2, onsets: '0.25 1.5' },
    { file: 'held-out.mp4', seconds: 1, split: 'val' },
    { file: 'b.mp4', seconds: 3, hit: 0, onsets: '' },
  ]);
  const progress: string[] = [];
  const onProgress = (done: number, total: number, what: string): void =>
    void progress.push(`${what} ${done}/${total}`);
  const { clips, provenance } = await footageClips(await sharedEngine(), folder, { ...options, onProgress });
  assert.deepEqual(progress, ['footage clips 1/2', 'footage clips 2/2']);
  assert.equal(provenance.clips, 2);
  assert.deepEqual(
    clips.map(({ seconds, events, classIndex, sourceVisible }) => ({
      seconds: Math.round(seconds * 10),
      events,
      classIndex,
      sourceVisible,
    })),
    [
      { seconds: 20, events: [0.25, 1.5], classIndex: null, sourceVisible: true },
      { seconds: 30, events: [], classIndex: null, sourceVisible: false },
    ],
  );
  for (const { seconds, sound, squares, flow } of clips) {
    assert.equal(sound.length, Math.round(seconds * 16_000));
    assert.equal(squares.length, sound.length + 1);
    assert.ok(squares.at(-1)! / sound.length > 1e-4, 'the tone is heard');
    assert.equal(flow.midTimes.length, Math.round(seconds * 30) - 1, 'each pair of frames');
    assert.equal(flow.grid.length, flow.midTimes.length * 320);
    assert.ok(
      flow.grid.some((x) => Math.abs(x) > 0.01),
      'the movement is seen',
    );
  }
});

test('a clip is decoded once; one that was touched is decoded anew, and has the same provenance', async () => {
  const engine = await sharedEngine();
  const first = await footageClips(engine, folder, options);
  assert.deepEqual(await withoutFfmpeg(() => footageClips(engine, folder, options)), first);
  const elsewhere = { ...options, cacheFolder: join(scratch, 'other cache') };
  await assert.rejects(
    withoutFfmpeg(() => footageClips(engine, folder, elsewhere)),
    FfmpegMissingError,
  );
  await assert.rejects(
    withoutFfmpeg(() => footageClips(engine, folder, { ...options, size: 32 })),
    FfmpegMissingError,
  );
  utimesSync(join(folder, 'b.mp4'), new Date(), new Date());
  await assert.rejects(
    withoutFfmpeg(() => footageClips(engine, folder, options)),
    FfmpegMissingError,
  );
  assert.deepEqual(await footageClips(engine, folder, options), first);
});

test('provenance follows the manifest and the clips, not where they lie', async () => {
  const engine = await sharedEngine();
  const { provenance } = await footageClips(engine, folder, options);
  const copy = join(scratch, 'copy');
  cpSync(folder, copy, { recursive: true });
  assert.deepEqual((await footageClips(engine, copy, options)).provenance, provenance);
  writeFileSync(join(copy, 'manifest.tsv'), readFileSync(join(copy, 'manifest.tsv'), 'utf8').replace('1.5', '1.6'));
  const relabelled = (await footageClips(engine, copy, options)).provenance;
  assert.notEqual(relabelled.manifestSha256, provenance.manifestSha256);
  assert.equal(relabelled.clipsSha256, provenance.clipsSha256);
  cpSync(join(copy, 'held-out.mp4'), join(copy, 'b.mp4'));
  assert.notEqual((await footageClips(engine, copy, options)).provenance.clipsSha256, provenance.clipsSha256);
});

test('what cannot be read is named', async () => {
  await refused('nowhere', /nowhere: there is no such folder of footage/);
  await makeFootage(join(scratch, 'held out'), [{ file: 'a.mp4', seconds: 1, split: 'val' }]);
  await refused('held out', /manifest.tsv: none of its clips has the split train/);
  await makeFootage(join(scratch, 'gap'), [{ file: 'a.mp4', seconds: 1 }]);
  rmSync(join(scratch, 'gap', 'a.mp4'));
  await refused('gap', /a.mp4: is not there \(ENOENT\), though manifest.tsv lists it/);
  await makeFootage(join(scratch, 'mute'), [{ file: 'a.mp4', seconds: 1, sound: false }]);
  await refused('mute', /footage .*a.mp4: has no sound.*; fix the clip, or remove its line from manifest.tsv/);
  await makeFootage(join(scratch, 'text'), [{ file: 'a.mp4', seconds: 1 }]);
  writeFileSync(join(scratch, 'text', 'a.mp4'), 'no clip at all');
  await refused('text', /footage .*a.mp4: .*; fix the clip/);
});

test('reading stops when asked to, with the signal’s reason, and keeps what was read', async () => {
  const engine = await sharedEngine();
  const stop = new AbortController();
  const reason = new Error('enough');
  const cacheFolder = join(scratch, 'stopped');
  const onProgress = (): void => stop.abort(reason);
  const reading = footageClips(engine, folder, { ...options, cacheFolder, onProgress, signal: stop.signal });
  await assert.rejects(reading, reason);
  let read = 0;
  const again = { ...options, cacheFolder, onProgress: () => read++ };
  await assert.rejects(
    withoutFfmpeg(() => footageClips(engine, folder, again)),
    FfmpegMissingError,
  );
  assert.equal(read, 1, 'the first clip is there already');
});

test.run();
