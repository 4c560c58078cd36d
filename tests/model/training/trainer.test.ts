import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, log, mul, reshape, square, sub, sum, type Tensor } from '../../../engine/engine.js';
import { ConfigError, parseTrainingConfig } from '../../../model/training/config.js';
import {
  DivergedError,
  type RunStageOptions,
  runStage,
  type TrainingProgress,
} from '../../../model/training/trainer.js';
import type { TrainingStage } from '../../../model/training/training-stage.js';
import { guestEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';

const test = suite('trainer');
const folder = mkdtempSync(join(tmpdir(), 'onset-trainer-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Fits the sum of a matrix and a bias to a target; `scale` is an input of the loss. */
function quadratic(scaleAt: (step: number) => number): TrainingStage {
  return {
    name: 'codec',
    optimizer: {
      learningRate: 0.05,
      warmup: 0,
      steps: 200,
      betas: [0.9, 0.99],
      weightDecay: 0,
      clipNorm: 1,
      emaDecay: 0.5,
    },
    trains: ['fit.'],
    build(p) {
      const [w, b] = p.in('fit', () => [
        p.get('w', [2, 1], { kind: 'fanIn', fan: 1 }),
        p.get('b', [2], { kind: 'zeros' }),
      ]) as [Tensor, Tensor];
      const weights = add(reshape(w, [2]), b);
      const target = p.graph.input('target', [2]);
      const scale = p.graph.input('scale', [1]);
      const loss = mul(sum(square(sub(weights, target))), scale);
      return { loss, figures: { log: log(scale) } };
    },
    batch: (step, random) => ({
      target: Float32Array.of(1 + random.normal(0, 1e-3), -2),
      scale: Float32Array.of(scaleAt(step)),
    }),
  };
}

const base = async (stage: TrainingStage): Promise<RunStageOptions> => ({
  engine: await guestEngine(),
  stage,
  seed: 1,
  folder,
  provenance: 'a'.repeat(64),
  resume: false,
  checkpointSeconds: 1000,
  given: new Map(),
});

test('a stage reaches the minimum of its loss and returns the averaged weights with their shapes', async () => {
  const progress: TrainingProgress[] = [];
  const options = await base(quadratic(() => 1));
  const { tensors, seconds } = await runStage({ ...options, onProgress: (each) => void progress.push(each) });
  const [w, b] = tensors;
  assert.deepEqual([w!.name, w!.shape, b!.name, b!.shape], ['fit.w', [2, 1], 'fit.b', [2]]);
  const fitted = [w!.data[0]! + b!.data[0]!, w!.data[1]! + b!.data[1]!];
  assert.ok(Math.abs(fitted[0]! - 1) < 0.02 && Math.abs(fitted[1]! + 2) < 0.02, `${fitted}`);
  assert.equal(progress.length, 200);
  assert.ok(seconds > 0);
  assert.deepEqual(Object.keys(progress[0]!.figures).sort(), ['log', 'loss', 'norm']);
  assert.ok(progress[199]!.figures.loss! < 1e-3 * progress[0]!.figures.loss!);
});

test('an aborted stage writes a checkpoint and goes on from it', async () => {
  const stop = new AbortController();
  const losses: number[][] = [[], [], []];
  const record =
    (run: number) =>
    ({ step, figures }: TrainingProgress): void => {
      losses[run]![step] = figures.loss!;
      if (run === 1 && step === 20) stop.abort();
    };
  const options = await base(quadratic(() => 1));
  const whole = await runStage({ ...options, onProgress: record(0) });
  await assert.rejects(runStage({ ...options, signal: stop.signal, onProgress: record(1) }), { name: 'AbortError' });
  assert.deepEqual(readdirSync(folder), ['codec.checkpoint.safetensors']);
  const resumed = await runStage({ ...options, resume: true, onProgress: record(2) });
  assert.deepEqual(resumed.tensors, whole.tensors);
  assert.equal(
    losses[2]!.findIndex((loss) => loss !== undefined),
    21,
  );
  assert.deepEqual(losses[2]!.slice(21), losses[0]!.slice(21));
});

test('a figure that is not finite ends the training, with the stage, the step and what to do', async () => {
  const options = await base(quadratic((step) => (step === 2 ? -1 : 1)));
  await assert.rejects(runStage(options), (error: Error) => {
    assert.ok(error instanceof DivergedError);
    assert.match(error.message, /stage codec: log is NaN at step 3; lower learningRate/);
    return true;
  });
});

test('a config that cannot be used is refused with every fault by its path', () => {
  assert.throws(() => parseTrainingConfig('{', 'a.json'), ConfigError);
  assert.throws(
    () => parseTrainingConfig('{"name": "A b", "seed": -1}', 'a.json'),
    (error: Error) => {
      assert.ok(error instanceof ConfigError);
      for (const path of ['name:', 'seed:', 'model:', 'data:', 'codec:', 'encoder:', 'generator:']) {
        assert.ok(error.message.includes(`  ${path}`), `${path} in ${error.message}`);
      }
      return true;
    },
  );
});

test.run();
