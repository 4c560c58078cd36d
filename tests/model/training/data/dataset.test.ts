import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { makeClip } from '../../../../model/foley/clip.js';
import { type Arrays, ClipStore, ClipStoreError, ClipStoreWriter } from '../../../../model/training/data/clip-store.js';
import { soundOf, WorldDataset, type WorldDatasetOptions } from '../../../../model/training/data/dataset.js';
import { suite } from '../../../harness/suite.js';

const test = suite('world dataset');
const folder = mkdtempSync(join(tmpdir(), 'onset-dataset-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const base: WorldDatasetOptions = { seed: 5, count: 7, threads: 2, clip: { seconds: 0.3, size: 8 }, folder };

async function drawn(options: WorldDatasetOptions, batches: number[], position: number = 0): Promise<number[][]> {
  const dataset = new WorldDataset(options);
  dataset.position = position;
  const seeds: number[][] = [];
  for (const batch of batches) seeds.push((await dataset.next(batch)).map(({ facts }) => facts.seed));
  await dataset.dispose();
  return seeds;
}

test('each epoch shows each clip once, in an order that the seed decides', async () => {
  const [first, second] = await drawn(base, [7, 7]);
  const all = [0, 1, 2, 3, 4, 5, 6];
  assert.deepEqual(first.toSorted(), all);
  assert.deepEqual(second.toSorted(), all);
  assert.notDeepEqual(first, second);
  assert.deepEqual(await drawn(base, [7, 7]), [first, second]);
  assert.notDeepEqual((await drawn({ ...base, seed: 6 }, [7]))[0], first);
});

test('setting the position goes on as if never stopped, with every kind of cache', async () => {
  const whole = (await drawn(base, [20])).flat();
  for (const cache of ['none', 'memory', 'disk'] as const) {
    assert.deepEqual((await drawn({ ...base, cache }, [4, 5], 11)).flat(), whole.slice(11, 20), cache);
  }
});

test('position can be moved while clips are under way', async () => {
  const dataset = new WorldDataset(base);
  const before = await dataset.next(3);
  dataset.position = 0;
  assert.deepEqual(await dataset.next(3), before);
  assert.equal(dataset.position, 3);
  await dataset.dispose();
});

test('an item holds the clip of its seed, from threads and from the disk', async () => {
  for (const cache of ['none', 'disk'] as const) {
    const dataset = new WorldDataset({ ...base, cache });
    const [item] = await dataset.next(1);
    const { frames, times, sound, ...facts } = makeClip(item.facts.seed, base.clip);
    assert.deepEqual(item.facts, facts);
    assert.deepEqual(item.arrays.frames, frames);
    assert.deepEqual(item.arrays.times, times);
    for (const [i, value] of soundOf(item).entries()) assert.ok(Math.abs(value - sound[i]) < 2e-5);
    await dataset.dispose();
  }
});

test('a disk cache is made once, and anew when it is damaged or asked for otherwise', async () => {
  const place = join(folder, 'once');
  let made = 0;
  const options: WorldDatasetOptions = { ...base, cache: 'disk', folder: place, onProgress: () => made++ };
  await drawn(options, [3]);
  await drawn(options, [3]);
  assert.equal(made, 7);
  const { cachePath } = new WorldDataset(options);
  truncateSync(cachePath, 1000);
  await drawn(options, [3]);
  assert.equal(made, 14);
  await drawn({ ...options, clip: { ...base.clip, size: 9 } }, [3]);
  assert.equal(made, 21);
  assert.equal(readdirSync(place).length, 2);
});

test('a transform takes the place of the pictures and is kept under its own key', async () => {
  const options: WorldDatasetOptions = {
    ...base,
    cache: 'disk',
    transform: {
      key: 'mean-1',
      apply: async ({ frames }) => ({ mean: Float32Array.of(frames.reduce((a, b) => a + b) / frames.length) }),
    },
  };
  const dataset = new WorldDataset(options);
  const [{ facts, arrays }] = await dataset.next(1);
  const { frames } = makeClip(facts.seed, base.clip);
  assert.deepEqual(Object.keys(arrays).sort(), ['mean', 'sound']);
  assert.ok(Math.abs(arrays.mean[0] - frames.reduce((a, b) => a + b) / frames.length) < 1e-3);
  assert.notEqual(dataset.cachePath, new WorldDataset(base).cachePath);
  await dataset.dispose();
});

test('a cancelled or failed filling leaves no file', async () => {
  const place = join(folder, 'cancelled');
  const controller = new AbortController();
  const options: WorldDatasetOptions = {
    ...base,
    cache: 'disk',
    folder: place,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  };
  await assert.rejects(new WorldDataset(options).prepare(), { name: 'AbortError' });
  assert.deepEqual(readdirSync(place), []);
  const impossible: WorldDatasetOptions = { ...base, cache: 'disk', folder: place, clip: { material: 99 } };
  await assert.rejects(new WorldDataset(impossible).prepare(), /material 99/);
  assert.deepEqual(readdirSync(place), []);
});

test('a count that is none is refused', () => {
  for (const count of [0, -1, 1.5, Number.NaN]) assert.throws(() => new WorldDataset({ ...base, count }), /count is/);
});

const arrays: fc.Arbitrary<Arrays> = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 6 }).filter((name) => name !== '__proto__'),
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.int16Array({ maxLength: 40 }),
    fc.int32Array({ maxLength: 40 }),
    fc.float32Array({ maxLength: 40, noNaN: true }),
    fc.float64Array({ maxLength: 40, noNaN: true }),
  ),
  { maxKeys: 4, noNullPrototype: true },
);

test('a store gives back what was put in', () => {
  const path = join(folder, 'round-trip');
  fc.assert(
    fc.property(
      fc.array(fc.record({ facts: fc.integer(), arrays }, { noNullPrototype: true }), { maxLength: 5 }),
      (records) => {
        const writer = new ClipStoreWriter<number>(path);
        for (const record of records) writer.append(record);
        writer.finish();
        const store = new ClipStore<number>(path);
        try {
          assert.equal(store.count, records.length);
          for (const [i, record] of records.entries()) assert.deepEqual(store.read(i), record);
          assert.throws(() => store.read(records.length), RangeError);
        } finally {
          store.dispose();
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a damaged or foreign store is refused at once', () => {
  const path = join(folder, 'damaged');
  const writer = new ClipStoreWriter<string>(path);
  writer.append({ facts: 'a', arrays: { x: Float32Array.of(1, 2, 3) } });
  assert.equal(existsSync(path), false);
  writer.finish();
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length; length += 7) {
    writeFileSync(path, whole.subarray(0, length));
    assert.throws(() => new ClipStore(path), ClipStoreError, `cut at ${length}`);
  }
  const longIndex = Buffer.from(whole);
  longIndex.writeBigUInt64LE(2n ** 60n, whole.length - 16);
  const noJson = Buffer.from(whole);
  noJson.fill('?', 24, whole.length - 16);
  for (const bytes of [longIndex, noJson, Buffer.alloc(500, 65)]) {
    writeFileSync(path, bytes);
    assert.throws(() => new ClipStore(path), ClipStoreError);
  }
});

test.run();
