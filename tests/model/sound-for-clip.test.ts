/** The library's entry with the real model on real files: concurrent calls, models side by side, one decode, the end. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { openGpu } from '../../engine/platform/gpu.js';
import { packagePath } from '../../engine/platform/package-path.js';
import { EFFICIENTNET_LITE0 } from '../../model/networks/efficientnet-lite.js';
import { extractFeatures } from '../../model/onset/extract-features.js';
import { dispose, openClip, sampleClip, shippedWeights, soundForClip, writeSound } from '../../model/sound-for-clip.js';
import { sharedEngine } from '../harness/engine.js';
import { suite } from '../harness/suite.js';
import { scratch } from './media/clips.js';

const test = suite('model: sound for a clip');
const FAST = { steps: 2, duration: 1 };
const { path } = sampleClip();

test('a clip gets sound of its own length, with its onsets; the same seed gives the same samples', async () => {
  const engine = await sharedEngine();
  const sound = await soundForClip(path, { engine, steps: 4 });
  assert.equal(sound.sampleRate, 16000);
  assert.equal(sound.seconds, 4);
  assert.equal(sound.samples.length, 64000);
  assert.ok(sound.samples.every((v) => Number.isFinite(v) && Math.abs(v) <= 1));
  assert.ok(sound.events!.length > 0);
  assert.ok(sound.events!.every(({ time, probability }) => time >= 0 && time < 4 && probability >= 0.5));
  const again = await soundForClip(await openClip(path), { engine, steps: 4 });
  assert.deepEqual(again, sound);
});

test('first calls at once open one device and load one model', async () => {
  const gpu = await openGpu();
  let adapters = 0;
  const counting = {
    requestAdapter(...options: Parameters<GPU['requestAdapter']>) {
      adapters++;
      return gpu.requestAdapter(...options);
    },
  } as GPU;
  const sounds = await Promise.all([0, 0, 0].map((seed) => soundForClip(path, { ...FAST, seed, gpu: counting })));
  assert.equal(adapters, 1);
  assert.deepEqual(sounds[0], sounds[1]);
  assert.deepEqual(sounds[0], sounds[2]);
});

test('a call with another model leaves the running one alone', async () => {
  const engine = await sharedEngine();
  const other = scratch('other-weights');
  cpSync(shippedWeights(), other, { recursive: true });
  const clip = await openClip(path, { duration: 1 });
  const alone = await soundForClip(clip, { engine, steps: 2 });
  const both = await Promise.all([
    soundForClip(clip, { engine, steps: 2 }),
    soundForClip(clip, { engine, steps: 2, model: other }),
  ]);
  for (const sound of both) assert.deepEqual(sound, alone);
});

test('an abort ends one call, not the load that another one waits for', async () => {
  const engine = await sharedEngine();
  const folder = scratch('aborted-weights');
  cpSync(shippedWeights(), folder, { recursive: true });
  const controller = new AbortController();
  const options = { ...FAST, engine, model: folder };
  const aborted = soundForClip(path, { ...options, signal: controller.signal });
  const kept = soundForClip(path, options);
  controller.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
  assert.equal((await kept).samples.length, 16000);
});

test('options outside their ranges, and models that are none, are refused by name', async () => {
  const engine = await sharedEngine();
  for (const wrong of [{ guidance: Number.NaN }, { seed: -1 }, { steps: 0 }]) {
    const [name] = Object.keys(wrong);
    await assert.rejects(soundForClip(path, { engine, ...wrong }), {
      name: 'InvalidOptionsError',
      message: new RegExp(`onset: ${name}`),
    });
  }
  await assert.rejects(soundForClip(path, { engine, model: 'nowhere' }), { name: 'UnknownModelError' });
  await assert.rejects(soundForClip(path, { engine, sound: 'trombone' }), { name: 'UnknownSoundError' });
});

/** Runs `work` with ffmpeg and ffprobe wrapped; gives the arguments of each call. */
async function toolCalls(work: () => Promise<unknown>): Promise<string[]> {
  const log = scratch('tools.log');
  writeFileSync(log, '');
  const kept = { FFMPEG: process.env.FFMPEG, FFPROBE: process.env.FFPROBE };
  for (const tool of ['ffmpeg', 'ffprobe'] as const) {
    const wrapper = scratch(`wrapped-${tool}`);
    const real = process.env[tool.toUpperCase()] ?? tool;
    writeFileSync(wrapper, `#!/bin/sh\necho "${tool} $*" >> '${log}'\nexec '${real}' "$@"\n`);
    chmodSync(wrapper, 0o755);
    process.env[tool.toUpperCase()] = wrapper;
  }
  try {
    await work();
  } finally {
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
  return readFileSync(log, 'utf8').trim().split('\n');
}

const probes = (calls: readonly string[]): number => calls.filter((call) => call.startsWith('ffprobe')).length;
const decodes = (calls: readonly string[]): number => calls.filter((call) => call.includes('rawvideo')).length;

test('variations of a clip, written to files, take one probe and one decode', async () => {
  const engine = await sharedEngine();
  const calls = await toolCalls(async () => {
    const clip = await openClip(path, { duration: 1 });
    for (const seed of [0, 1]) {
      const { samples, sampleRate } = await soundForClip(clip, { engine, steps: 2, seed });
      await writeSound({ clip, samples, sampleRate, output: scratch(`variation.${seed}.mp4`) });
    }
  });
  assert.equal(probes(calls), 1, calls.join('\n'));
  assert.equal(decodes(calls), 1, calls.join('\n'));
  assert.equal(calls.length, 4, 'a probe, a decode, and a mux for each output');
});

test('flow and appearance are read from one decode, and see the same frames as apart', async () => {
  const engine = await sharedEngine();
  const config = { ...EFFICIENTNET_LITE0, size: 32 };
  const images: Float32Array[] = [];
  const classifier = {
    config,
    classify: async (image: Float32Array) => {
      images.push(image.slice());
      return { features: new Float32Array(config.head), logits: new Float32Array(config.classes) };
    },
  };
  const clip = await openClip(path);
  const calls = await toolCalls(async () => {
    const both = await extractFeatures(engine, clip, { size: 64, classifier });
    assert.ok(both.classified!.scenes.length > 0);
    assert.equal(images.length, 8);
    const { features } = await extractFeatures(engine, clip, { size: 64 });
    assert.deepEqual(both.features, features);
  });
  assert.equal(decodes(calls), 2);
  assert.equal(probes(calls), 0);
});

test('a program that makes sound and disposes exits by itself', () => {
  const entry = new URL('../../model/sound-for-clip.js', import.meta.url).href;
  const program = `
    import { dispose, soundForClip } from ${JSON.stringify(entry)};
    const { samples, sampleRate } = await soundForClip(${JSON.stringify(path)}, { steps: 2, duration: 1 });
    console.log(samples.length / sampleRate);
    await dispose();
  `;
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 60_000,
    cwd: packagePath(),
  });
  assert.deepEqual([ended.signal, ended.status, ended.stdout], [null, 0, '1\n'], ended.stderr);
});

test.after(dispose);
test.run();
