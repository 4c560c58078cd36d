import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FoleyError, makeClip } from '../../../../model/foley/index.js';
import { FlowExtractor } from '../../../../model/onset/index.js';
import { type TrainingClip, toInt16 } from '../../../../model/training/data/training-clip.js';
import { type WorldOptions, worldClips, worldSounds } from '../../../../model/training/data/world-clips.js';
import { sharedEngine } from '../../../harness/engine.js';
import { suite } from '../../../harness/suite.js';

const test = suite('clips of the world');
const scratch = mkdtempSync(join(tmpdir(), 'onset-world-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

const world = { clips: 5, seconds: 0.3, size: 32, seed: 5 };

/** The clips, and how many of them were made. */
async function clipsIn(
  folder: string,
  changes: Partial<typeof world> = {},
  options: WorldOptions = {},
): Promise<{ clips: TrainingClip[]; made: number }> {
  let made = 0;
  const onProgress = (): void => void made++;
  const cacheFolder = join(scratch, folder);
  const config = { ...world, ...changes };
  const clips = await worldClips(await sharedEngine(), config, { cacheFolder, threads: 2, onProgress, ...options });
  return { clips, made };
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(scratch, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

test('a clip has the flow, sound, events and class of its seed, from threads and from the cache', async () => {
  const { clips, made } = await clipsIn('facts');
  assert.equal(made, 5);
  const extractor = new FlowExtractor(await sharedEngine(), world.size, world.size);
  for (let seed = 0; seed < world.clips; seed++) {
    const { frames, times, sound, events, material } = makeClip(seed, { seconds: world.seconds, size: world.size });
    const expected = toInt16(sound);
    const clip = clips.find((each) => Buffer.from(each.sound.buffer).equals(Buffer.from(expected.buffer)));
    assert.ok(clip, `the clip of seed ${seed} is there`);
    assert.deepEqual(clip.flow, await extractor.extract(frames, times));
    assert.deepEqual(
      clip.events,
      events.map(({ time }) => time),
    );
    assert.deepEqual([clip.classIndex, clip.seconds], [material, world.seconds]);
  }
  extractor.dispose();
  assert.deepEqual(await clipsIn('facts'), { clips, made: 0 });
});

test('their sounds alone are the same, in the same order', async () => {
  const { clips } = await clipsIn('facts');
  assert.deepEqual(
    worldSounds(world).map(({ sound }) => sound),
    clips.map(({ sound }) => sound),
  );
});

test('the seed decides the order', async () => {
  const { clips } = await clipsIn('facts');
  const other = await clipsIn('facts', { seed: 6 });
  assert.equal(other.made, 0);
  assert.notDeepEqual(other.clips, clips);
  assert.deepEqual(
    new Set(other.clips.map(({ sound }) => sound.join())),
    new Set(clips.map(({ sound }) => sound.join())),
  );
});

test('a damaged file is made again, more clips cost only themselves, other clips have other files', async () => {
  const { clips } = await clipsIn('changes');
  const files = filesIn('changes');
  assert.equal(files.length, 5);
  truncateSync(files[2]!, statSync(files[2]!).size - 1);
  assert.deepEqual(await clipsIn('changes'), { clips, made: 1 });
  assert.equal((await clipsIn('changes', { clips: 7 })).made, 2);
  assert.equal((await clipsIn('changes', { seconds: 0.4 })).made, 5);
  assert.equal(filesIn('changes').length, 12);
});

test('two makers of one cache get the same clips', async () => {
  const [one, other] = await Promise.all([clipsIn('shared'), clipsIn('shared')]);
  assert.deepEqual(one.clips, other.clips);
  assert.deepEqual((await clipsIn('shared')).clips, one.clips);
  assert.equal(filesIn('shared').length, 5, 'no temporary file is left');
});

test('a cancelled making keeps what was made and goes on from there', async () => {
  const controller = new AbortController();
  const onProgress = (): void => controller.abort();
  await assert.rejects(clipsIn('cancelled', {}, { signal: controller.signal, onProgress }), { name: 'AbortError' });
  assert.equal(filesIn('cancelled').length, 1);
  assert.equal((await clipsIn('cancelled')).made, 4);
});

test('an error in a thread is the maker’s', async () => {
  await assert.rejects(clipsIn('impossible', { seconds: -1 }), FoleyError);
  assert.throws(() => readdirSync(join(scratch, 'impossible')), { code: 'ENOENT' });
});

test.run();
