import assert from 'node:assert/strict';
import { proceduralClips, realClips } from '../../../model/evaluation/datasets/clips.js';
import { EvaluationError } from '../../../model/evaluation/errors.js';
import { type EvaluationClip, evaluate } from '../../../model/evaluation/evaluate.js';
import { makeClip } from '../../../model/foley/index.js';
import { OnsetPipeline, type PipelineOptions, type PipelineSound } from '../../../model/onset/pipeline.js';
import { shippedWeights } from '../../../model/onset/shipped-weights.js';
import { sharedEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';

const test = suite('evaluation of a model');
const sampling = { seed: 3, steps: 2, guidance: 2 };

/** Clips of the world without flow: strikes (sources 0–4) and one continuous sound. */
function clipsOf(count: number): EvaluationClip[] {
  return Array.from({ length: count }, (_, seed) => {
    const { seconds, sound, events } = makeClip(seed, { seconds: 2, size: 4, material: 3, source: seed === 2 ? 5 : 1 });
    const flow = { grid: new Float32Array(0), midTimes: new Float64Array(0) };
    return { name: `clip ${seed}`, features: { seconds, flow }, sound, events: events.map(({ time }) => time) };
  });
}

/** A model that gives each clip the sound that `soundOf` says; it records how it is called. */
function modelOf(clips: readonly EvaluationClip[], soundOf: (clip: EvaluationClip) => Float32Array) {
  const calls: { count: number; options: PipelineOptions }[] = [];
  return {
    calls,
    async generate(features: readonly EvaluationClip['features'][], options: PipelineOptions) {
      calls.push({ count: features.length, options });
      return features.map(
        (each): PipelineSound => ({
          samples: soundOf(clips.find((clip) => clip.features === each)!),
          seconds: each.seconds,
          sound: 'drum',
          soundProbability: 1,
          tracks: new Float32Array(0),
        }),
      );
    },
  };
}

test('a perfect model reaches the ceiling, and its shuffled control does not', async () => {
  const clips = clipsOf(6);
  const progress: string[] = [];
  const model = modelOf(clips, ({ sound }) => sound);
  const { generated, shuffled, ceiling, ...counts } = await evaluate(model, clips, {
    ...sampling,
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  });
  assert.deepEqual(counts, { clips: 6, clipsWithEvents: 5 });
  assert.deepEqual({ f1At50: generated.f1At50, f1At100: generated.f1At100 }, ceiling);
  assert.ok(ceiling.f1At50 > 0.9 && ceiling.f1At100 >= ceiling.f1At50, `${ceiling.f1At50}`);
  assert.ok(Math.abs(generated.envelopeCorrelation - 1) < 1e-9);
  assert.equal(generated.stftL1, 0);
  assert.ok(shuffled.f1At50 < 0.6, `${shuffled.f1At50}`);
  assert.ok(shuffled.envelopeCorrelation < 0.5, `${shuffled.envelopeCorrelation}`);
  assert.ok(shuffled.stftL1 > 0.5, `${shuffled.stftL1}`);
  assert.deepEqual(
    model.calls.map(({ count, options: { seed, steps, guidance } }) => ({ count, seed, steps, guidance })),
    [
      { count: 4, ...sampling },
      { count: 2, ...sampling },
    ],
  );
  assert.deepEqual(progress, ['4/6', '6/6']);
});

test('a model that gives every clip the same sound scores as its control does', async () => {
  const clips = clipsOf(4);
  const { generated, shuffled } = await evaluate(
    modelOf(clips, () => clips[0]!.sound),
    clips,
    sampling,
  );
  assert.deepEqual(generated, shuffled);
});

test('sounds of other lengths are compared over the common part', async () => {
  const clips = clipsOf(2);
  const model = modelOf(clips, ({ sound }) => Float32Array.of(...sound, 0, 0, 0));
  assert.equal((await evaluate(model, clips, sampling)).generated.stftL1, 0);
});

test('a single clip has no control, and is refused', async () => {
  const clips = clipsOf(1);
  await assert.rejects(
    evaluate(
      modelOf(clips, ({ sound }) => sound),
      clips,
      sampling,
    ),
    EvaluationError,
  );
});

test('a folder without any set of real clips is refused', async () => {
  await assert.rejects(realClips(await sharedEngine(), 'nowhere'), EvaluationError);
});

test(
  'the shipped model scores better on held-out clips than its shuffled control',
  async () => {
    const engine = await sharedEngine();
    const progress: string[] = [];
    const onProgress = (stage: string, done: number, total: number): void =>
      void progress.push(`${stage} ${done}/${total}`);
    const clips = await proceduralClips(engine, 3, { onProgress });
    assert.equal(progress.at(-1), 'making clips 3/3');
    const pipeline = await OnsetPipeline.load(engine, shippedWeights());
    try {
      const { generated, shuffled, ceiling } = await evaluate(pipeline, clips, sampling);
      assert.ok(generated.f1At100 > 0.6 && generated.f1At100 <= 1, `${generated.f1At100}`);
      assert.ok(generated.f1At100 > shuffled.f1At100 + 0.2, `${shuffled.f1At100}`);
      assert.ok(generated.envelopeCorrelation > shuffled.envelopeCorrelation + 0.2);
      assert.ok(Number.isFinite(generated.stftL1) && generated.stftL1 > 0);
      assert.ok(ceiling.f1At100 > 0.9);
    } finally {
      await pipeline.dispose();
    }
  },
  { limit: 300 },
);

test.run();
