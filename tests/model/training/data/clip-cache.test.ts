import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type CachedClip, readCachedClip, writeCachedClip } from '../../../../model/training/data/clip-cache.js';
import { openSafetensors, withFile } from '../../../../weights/index.js';
import { suite } from '../../../harness/suite.js';

const test = suite('clip cache');
const folder = mkdtempSync(join(tmpdir(), 'onset-clip-cache-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

type Clip = CachedClip<{ name: string; events: number[] }>;

function clipOf(pairs: number, samples: number, name = 'a'): Clip {
  return {
    facts: { name, events: [0.1, 0.5] },
    flow: {
      grid: Float32Array.from({ length: pairs * 320 }, (_, i) => Math.fround(Math.sin(i))),
      midTimes: Float64Array.from({ length: pairs }, (_, i) => i / 3),
    },
    sound: Int16Array.from({ length: samples }, (_, i) => (i * 7919) % 32768),
  };
}

test('a clip comes back as it was written', async () => {
  const path = join(folder, 'deep', 'er', 'round-trip.safetensors');
  await fc.assert(
    fc.asyncProperty(fc.nat(4), fc.nat(9), fc.string(), async (pairs, samples, name) => {
      const clip = clipOf(pairs, samples, name);
      await writeCachedClip(path, clip);
      assert.deepEqual(await readCachedClip(path), clip);
    }),
    { numRuns: 30 },
  );
});

test('the file is safetensors, which other programs read', async () => {
  const path = join(folder, 'open.safetensors');
  await writeCachedClip(path, clipOf(2, 5));
  await withFile(path, async (source) => {
    const { tensors, metadata } = await openSafetensors(source);
    assert.deepEqual(tensors.get('flow.grid')!.shape, [2, 8, 8, 5]);
    assert.deepEqual(tensors.get('sound')!.dtype, 'I16');
    assert.deepEqual(JSON.parse(metadata.facts!).events, [0.1, 0.5]);
  });
});

test('a file that is absent, cut short or of another kind is to be made again', async () => {
  const path = join(folder, 'damaged.safetensors');
  assert.equal(await readCachedClip(path), undefined);
  await writeCachedClip(path, clipOf(1, 9));
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length; length += 41) {
    writeFileSync(path, whole.subarray(0, length));
    assert.equal(await readCachedClip(path), undefined, `cut at ${length} of ${whole.length}`);
  }
  const noFacts = Buffer.from(whole);
  noFacts.write('x', whole.indexOf('"facts"') + 1);
  const noJson = Buffer.from(whole);
  noJson.write('x', whole.indexOf('\\"name\\"') - 1);
  for (const bytes of [noFacts, noJson, Buffer.alloc(500, 65), Buffer.concat([whole, whole])]) {
    writeFileSync(path, bytes);
    assert.equal(await readCachedClip(path), undefined);
  }
});

test('a failed writing leaves nothing, and what was there stays', async () => {
  const place = join(folder, 'failed');
  const path = join(place, 'a.safetensors');
  await writeCachedClip(path, clipOf(1, 9));
  const broken = clipOf(2, 9);
  broken.flow.grid = broken.flow.grid.subarray(1);
  await assert.rejects(writeCachedClip(path, broken), /flow.grid/);
  assert.deepEqual(readdirSync(place), ['a.safetensors']);
  assert.deepEqual(await readCachedClip(path), clipOf(1, 9));
});

test('processes that are killed while they write one cache leave whole files only', async () => {
  const place = join(folder, 'killed');
  const module = new URL('../../../../model/training/data/clip-cache.js', import.meta.url).href;
  const program = `
    const { writeCachedClip } = await import(${JSON.stringify(module)});
    const flow = { grid: new Float32Array(320 * 400).fill(1), midTimes: new Float64Array(400) };
    for (let i = 0; ; i++) {
      await writeCachedClip(${JSON.stringify(place)} + '/' + (i % 5) + '.safetensors', { facts: { i }, flow, sound: new Int16Array(9) });
      if (i === 0) console.log('started');
    }`;
  const writers = Array.from({ length: 2 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  await Promise.all(
    writers.map(async (writer) => {
      const ended = new Promise((resolve) => writer.on('close', resolve));
      await new Promise((resolve) => writer.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 150));
      writer.kill('SIGKILL');
      await ended;
    }),
  );
  const files = readdirSync(place).filter((file) => file.endsWith('.safetensors'));
  assert.ok(files.length > 0);
  for (const file of files) assert.equal((await readCachedClip(join(place, file)))?.flow.midTimes.length, 400, file);
});

test.run();
