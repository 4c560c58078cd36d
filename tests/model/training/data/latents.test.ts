import assert from 'node:assert/strict';
import { type Engine, Graph } from '../../../../engine/engine.js';
import { Random } from '../../../../model/foley/random.js';
import { initialValues, Parameters } from '../../../../model/networks/parameters.js';
import { buildModel, type OnsetModel } from '../../../../model/onset/model.js';
import { addLatents } from '../../../../model/training/data/latents.js';
import type { TrainingClip } from '../../../../model/training/data/training-clip.js';
import { guestEngine } from '../../../harness/engine.js';
import { suite } from '../../../harness/suite.js';
import { soundingClip, tinyConfig } from '../examples.js';

const test = suite('latents of the training clips');

/** Weights of an untrained codec. */
function freshCodec(model: OnsetModel): Map<string, Float32Array> {
  const p = new Parameters(new Graph());
  model.codec.encode(p, p.graph.input('sound', [1, model.codec.samplesPerLatent]));
  const random = new Random(1, 'codec');
  return new Map([...p.specs.values()].map((spec) => [spec.name, initialValues(spec, () => random.uniform())]));
}

/** The latents of a clip, encoded in one piece; the codec's weights are on the device already. */
async function inOnePiece(engine: Engine, model: OnsetModel, clip: TrainingClip): Promise<Float32Array> {
  const samples = Math.floor(clip.sound.length / 640) * 640;
  const graph = new Graph();
  graph.output('latents', model.codec.encode(new Parameters(graph), graph.input('sound', [1, samples])));
  const plan = await engine.compile(graph);
  const { latents } = await plan.run({ sound: Float32Array.from(clip.sound.subarray(0, samples), (x) => x / 32767) });
  plan.dispose();
  return latents as Float32Array;
}

test('clips of any length are encoded to their ends, without a seam between windows', async () => {
  const engine = await guestEngine();
  const model = buildModel(tinyConfig().model);
  const clips = [1.3, 4, 2.005, 9.87].map((seconds, i) => soundingClip(seconds, i));
  const statistics = await addLatents(engine, model, freshCodec(model), clips);
  const [mean, deviation] = [statistics.get('latent.mean')!, statistics.get('latent.deviation')!];
  const channels = model.codec.latentChannels;
  const sums = new Float64Array(channels);
  for (const clip of clips) {
    assert.equal(clip.latents!.length, Math.floor(clip.sound.length / 640) * channels);
    const expected = await inOnePiece(engine, model, clip);
    for (const [i, latent] of clip.latents!.entries()) {
      const c = i % channels;
      sums[c]! += latent;
      const found = latent * deviation[c]! + mean[c]!;
      const where = `${clip.seconds} s, frame ${Math.floor(i / channels)}: ${found}, expected ${expected[i]}`;
      assert.ok(Math.abs(found - expected[i]!) < 1e-4, where);
    }
  }
  for (const sum of sums) assert.ok(Math.abs(sum) < 0.1, 'every channel is normalised to mean 0');
});

test('clips of one length are one window each', async () => {
  const engine = await guestEngine();
  const model = buildModel(tinyConfig().model);
  const clips = Array.from({ length: 20 }, (_, i) => soundingClip(2, i));
  let windows = 0;
  await addLatents(engine, model, freshCodec(model), clips, { onProgress: (_, total) => (windows = total) });
  assert.equal(windows, 20);
});

test.run();
