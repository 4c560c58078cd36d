import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlowClip } from '../../../model/onset/flow-features.js';
import { ONSET_DEFAULTS, OnsetPipeline, type VisualFeatures } from '../../../model/onset/pipeline.js';
import { shippedWeights } from '../../../model/onset/shipped-weights.js';
import { UnknownSoundError } from '../../../model/video-to-audio.js';
import {
  describeFiles,
  IntegrityError,
  ProvenanceError,
  readManifest,
  SourceError,
  writeManifest,
} from '../../../weights/index.js';
import { sharedEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';

const test = suite('onset: pipeline');
let loaded: Promise<OnsetPipeline> | null = null;
const pipeline = async (): Promise<OnsetPipeline> =>
  (loaded ??= OnsetPipeline.load(await sharedEngine(), shippedWeights()));

/** A ball that falls and bounces once a second, seen in the middle cells. */
function bouncing(seconds: number, shift = 0): VisualFeatures {
  const pairs = Math.max(0, Math.round(seconds * 25) - 1);
  const grid = new Float32Array(pairs * 320);
  for (let i = 0; i < pairs; i++) {
    const phase = ((i + 0.5) / 25 + shift) % 1;
    const speed = (phase - 0.5) * 4;
    for (const cell of [27, 35]) grid.set([0, speed, Math.abs(speed), Math.abs(speed) * 1.5, 0.5], (i * 64 + cell) * 5);
  }
  const flow: FlowClip = { grid, midTimes: Float64Array.from({ length: pairs }, (_, i) => (i + 1) / 25) };
  return { seconds, flow };
}

const options = { ...ONSET_DEFAULTS, steps: 2 };

test('the sound is as long as the clip, for one frame, below a window, and over several', async () => {
  const model = await pipeline();
  for (const seconds of [0.04, 3.337, 9.71]) {
    const [sound] = await model.generate([bouncing(seconds)], options);
    assert.equal(sound!.samples.length, Math.round(seconds * 16000));
    assert.ok(
      sound!.samples.every((v) => Number.isFinite(v) && Math.abs(v) < 1),
      'finite and not clipped',
    );
    assert.ok(
      sound!.samples.some((v) => Math.abs(v) > 1e-3),
      'not silent',
    );
  }
});

test('the same seed gives the same samples, another seed gives others', async () => {
  const model = await pipeline();
  const make = async (seed: number): Promise<Float32Array> =>
    (await model.generate([bouncing(2)], { ...options, seed }))[0]!.samples;
  const [first, again, other] = [await make(5), await make(5), await make(6)];
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
});

test('a clip sounds the same alone and in a batch', async () => {
  const model = await pipeline();
  const [alone] = await model.generate([bouncing(2)], options);
  const [, together] = await model.generate([bouncing(5, 0.3), bouncing(2)], options);
  let most = 0;
  for (const [i, v] of alone!.samples.entries()) most = Math.max(most, Math.abs(v - together!.samples[i]!));
  assert.ok(most < 1e-3, `samples differ by up to ${most}`);
});

test('the model sees time: moving the motion in time moves its onset track', async () => {
  const model = await pipeline();
  const [now] = await model.generate([bouncing(4)], options);
  const [later] = await model.generate([bouncing(4, 0.5)], options);
  let same = 0;
  let changed = 0;
  for (const [i, v] of now!.tracks.entries()) {
    if (i % 8 >= 4) continue;
    same += v * v;
    changed += (v - later!.tracks[i]!) ** 2;
  }
  assert.ok(changed > 0.05 * same, `onset tracks differ by ${(100 * changed) / same} %`);
});

test('the order of the frames matters: the same ones shuffled give another sound', async () => {
  const model = await pipeline();
  const features = bouncing(4);
  const { grid } = features.flow;
  const pairs = grid.length / 320;
  // 37 is prime to the number of pairs: every pair comes once.
  const shuffled = new Float32Array(grid.length);
  for (let i = 0; i < pairs; i++) {
    const from = ((i * 37) % pairs) * 320;
    shuffled.set(grid.subarray(from, from + 320), i * 320);
  }
  const sounds: Float32Array[] = [];
  for (const each of [grid, grid, shuffled]) {
    const [sound] = await model.generate([{ ...features, flow: { ...features.flow, grid: each } }], options);
    sounds.push(sound!.samples);
  }
  assert.deepEqual(sounds[0], sounds[1]);
  const power = sounds[0]!.reduce((sum, x) => sum + x * x, 0);
  const change = sounds[0]!.reduce((sum, x, i) => sum + (x - sounds[2]![i]!) ** 2, 0);
  assert.ok(change > 0.1 * power, `the sound changed by ${change / power} of its power`);
});

test('a sound that the model does not have is refused with the ones it has', async () => {
  const model = await pipeline();
  await assert.rejects(
    model.generate([bouncing(1)], { ...options, sound: 'trombone' }),
    (e: Error) => e instanceof UnknownSoundError && /'trombone'; it has wood, metal/.test(e.message),
  );
});

test('each scene sounds as it was told: a cut changes the sound from there on, and nothing before', async () => {
  const model = await pipeline();
  const sounds = async (second: string): Promise<Float32Array> => {
    const told = [
      { start: 0, sound: 'drum' },
      { start: 6, sound: second },
    ];
    const [sound] = await model.generate([{ ...bouncing(12), sounds: told }], options);
    assert.equal(sound!.sound, 'drum');
    return sound!.samples;
  };
  const [glass, metal] = [await sounds('glass'), await sounds('metal')];
  const [whole] = await model.generate([bouncing(12)], { ...options, sound: 'drum' });
  /** Share of b's power that is not a, at whatever level: the loudest sample sets that of the whole clip. */
  const change = (a: Float32Array, b: Float32Array, from: number, to: number): number => {
    const [x, y] = [a.subarray(from * 16000, to * 16000), b.subarray(from * 16000, to * 16000)];
    const product = (p: Float32Array, q: Float32Array): number => p.reduce((sum, v, i) => sum + v * q[i]!, 0);
    return 1 - product(x, y) ** 2 / (product(x, x) * product(y, y));
  };
  // What comes soon before the cut may change a little: windows of 4 s overlap.
  assert.ok(change(glass, metal, 0, 2) < 1e-9, 'the first scene is not the second one’s affair');
  assert.ok(change(glass, whole!.samples, 0, 2) < 1e-9, 'the first scene sounds as if the whole clip were so');
  assert.ok(change(glass, whole!.samples, 2, 5) < 0.01, `${change(glass, whole!.samples, 2, 5)} before the cut`);
  assert.ok(change(glass, metal, 7, 12) > 0.1, `${change(glass, metal, 7, 12)} after the cut`);
});

test('a scene whose sound the model lacks sounds as the motion suggests', async () => {
  const model = await pipeline();
  const [guessed] = await model.generate([bouncing(2)], options);
  const [told] = await model.generate([{ ...bouncing(2), sounds: [{ start: 0, sound: undefined }] }], options);
  assert.equal(told!.sound, guessed!.sound);
  assert.deepEqual(told!.samples, guessed!.samples);
});

test('an aborted signal stops the work', async () => {
  const model = await pipeline();
  await assert.rejects(
    model.generate([bouncing(1)], { ...options, signal: AbortSignal.abort(new Error('enough')) }),
    /enough/,
  );
});

test('weights that are missing, cut, changed, or made with another codec are refused by name', async () => {
  const engine = await sharedEngine();
  const folder = mkdtempSync(join(tmpdir(), 'onset-weights-'));
  const fresh = (): void => cpSync(shippedWeights(), folder, { recursive: true });
  try {
    await assert.rejects(
      OnsetPipeline.load(engine, folder),
      (e: Error) => e instanceof SourceError && /manifest\.json/.test(e.message),
    );
    fresh();
    truncateSync(join(folder, 'generator.safetensors'), 5000);
    await assert.rejects(
      OnsetPipeline.load(engine, folder),
      (e: Error) => e instanceof IntegrityError && /generator/.test(e.message),
    );
    fresh();
    const bytes = readFileSync(join(folder, 'codec.safetensors'));
    bytes[bytes.length - 7]! ^= 1;
    writeFileSync(join(folder, 'codec.safetensors'), bytes);
    await assert.rejects(
      OnsetPipeline.load(engine, folder),
      (e: Error) => e instanceof IntegrityError && /codec/.test(e.message),
    );
    // A manifest that agrees with the changed codec does not make it the generator's.
    const manifest = await readManifest(folder);
    await writeManifest(folder, {
      ...manifest,
      files: await describeFiles(
        folder,
        manifest.files.map((f) => f.name),
      ),
    });
    await assert.rejects(OnsetPipeline.load(engine, folder), ProvenanceError);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
