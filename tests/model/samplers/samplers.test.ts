import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Graph } from '../../../engine/engine.js';
import {
  createSampler,
  flowEulerSteps,
  guide,
  runTrajectory,
  SAMPLER_NAMES,
  type Sampler,
  SamplerError,
  type SamplerName,
  type SamplerOptions,
  schedulerConfig,
  TimestepError,
  VTA_LDM_SCHEDULER,
} from '../../../model/samplers/index.js';
import { timesteps } from '../../../model/samplers/timesteps.js';
import { openSafetensors, type SafetensorsFile, withFile } from '../../../weights/index.js';
import { sharedEngine } from '../../harness/engine.js';
import { GOLDENS, nmse } from '../../harness/goldens.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: samplers');

/** Made by tests/oracle/vta_ldm_codec.py with diffusers. */
const GOLDEN_FILE = join(GOLDENS, 'vta-samplers.safetensors');

interface Case {
  kind: SamplerName;
  steps: number;
  scheduler: object;
  eta: number;
}

const withGoldens = (body: (file: SafetensorsFile) => Promise<void>): Promise<void> =>
  withFile(GOLDEN_FILE, async (source) => body(await openSafetensors(source)));

const samplerOf = ({ kind, steps, scheduler, eta }: Case): Sampler =>
  createSampler(schedulerConfig.parse(scheduler), kind === 'ddim' ? { kind, steps, eta } : { kind, steps });

/** The golden's network: rows of 4 values times a matrix, plus a bias that grows with time. */
function goldenNetwork(weight: Float32Array, bias: Float32Array) {
  return (sample: ArrayLike<number>, timestep: number): Float64Array =>
    Float64Array.from({ length: sample.length }, (_, i) => {
      const row = i - (i % 4);
      let sum = (bias[i % 4]! * timestep) / 1000;
      for (let k = 0; k < 4; k++) sum += sample[row + k]! * weight[k * 4 + (i % 4)]!;
      return sum;
    });
}

test('every step of every sampler is the one of diffusers, in f64', () =>
  withGoldens(async (file) => {
    const [initial, noises, weight, bias] = await Promise.all(
      ['sample', 'noises', 'weight', 'bias'].map((name) => file.readAsF32(`in.${name}`)),
    );
    const size = initial!.length;
    for (const [i, golden] of (JSON.parse(file.metadata.cases!) as Case[]).entries()) {
      const expected = await file.readAsF32(`out.${i}`);
      const title = `${golden.kind} ${JSON.stringify(golden)}`;
      const found = await runTrajectory(samplerOf(golden), {
        initial: initial!,
        denoise: goldenNetwork(weight!, bias!),
        noise: (step) => noises!.subarray(step * size, (step + 1) * size),
        onStep: (done, total, sample) => {
          assert.equal(total, golden.steps);
          const error = nmse(sample, expected.subarray((done - 1) * size, done * size));
          assert.ok(error <= 1e-6, `${title}: NMSE ${error} after step ${done}`);
        },
      });
      assert.ok(nmse(found, expected.subarray(-size)) <= 1e-6, title);
    }
  }));

test('timesteps are those of diffusers for each spacing', () =>
  withGoldens(async (file) => {
    const lists = JSON.parse(file.metadata.timesteps!) as {
      kind: SamplerName;
      steps: number;
      spacing: 'leading' | 'trailing' | 'linspace';
    }[];
    assert.ok(lists.length > 150);
    for (const [i, { kind, steps, spacing }] of lists.entries()) {
      const offset = spacing === 'leading' ? 1 : 0;
      const config = { ...VTA_LDM_SCHEDULER, timestep_spacing: spacing, steps_offset: offset };
      const expected = [...(await file.readAsF32(`timesteps.${i}`))];
      const found = createSampler(config, { kind, steps }).steps.map((step) => Math.fround(step.timestep));
      assert.deepEqual(found, expected, `${kind}, ${steps} steps, ${spacing}`);
    }
  }));

test('every name is a sampler', () => {
  for (const kind of SAMPLER_NAMES) assert.equal(createSampler(VTA_LDM_SCHEDULER, { kind, steps: 4 }).steps.length, 4);
});

test('the published timesteps: leading with offset 1 begins below the last trained', () => {
  for (const [steps, first] of [
    [20, 951],
    [50, 981],
    [100, 991],
    [200, 996],
    [300, 898],
  ] as const) {
    const list = timesteps({ steps, spacing: 'leading', train: 1000, offset: 1 });
    assert.equal(list[0], first);
    assert.equal(list.at(-1), 1);
    assert.equal(list.length, steps);
  }
});

test('steps that the training has no timesteps for are refused', () => {
  const leading = { spacing: 'leading', train: 1000, offset: 1 } as const;
  assert.throws(
    () => timesteps({ ...leading, steps: 1000 }),
    (error) => error instanceof TimestepError && /begin at timestep 1000, past 999/.test(error.message),
  );
  for (const steps of [0, 2.5, 1001]) assert.throws(() => timesteps({ ...leading, steps }), /from 1 to 1000/);
  assert.throws(() => createSampler(VTA_LDM_SCHEDULER, { kind: 'ddpm', steps: 1000 }), TimestepError);
  assert.throws(() => createSampler(VTA_LDM_SCHEDULER, { kind: 'dpm-solver++', steps: 1000 }), /from 1 to 999/);
  const samplerError = (message: RegExp) => (error: unknown) =>
    error instanceof SamplerError && message.test(error.message);
  assert.throws(() => createSampler(VTA_LDM_SCHEDULER, { kind: 'ddim', steps: 20, eta: 2 }), samplerError(/eta 2/));
  const unknown = { kind: 'heun', steps: 20 } as unknown as SamplerOptions;
  assert.throws(() => createSampler(VTA_LDM_SCHEDULER, unknown), samplerError(/heun/));
  for (const steps of [0, 1.5]) assert.throws(() => flowEulerSteps(steps), samplerError(/at least 1/));
});

test('a scheduler file is read as it is; an unsupported option is a fault by its name', () => {
  const file = {
    _class_name: 'DDIMScheduler',
    _diffusers_version: '0.8.0',
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    clip_sample: false,
    num_train_timesteps: 1000,
    prediction_type: 'v_prediction',
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
    trained_betas: null,
  };
  const read = schedulerConfig.parse(file);
  assert.equal(read.prediction_type, 'v_prediction');
  assert.equal('_class_name' in read, false);
  assert.throws(() => schedulerConfig.parse({ ...file, thresholding: true }), /thresholding/);
  assert.throws(() => schedulerConfig.parse({ ...file, beta_strat: 1 }), /beta_strat/);
  assert.throws(() => schedulerConfig.parse({ ...file, trained_betas: [0.1] }), /one beta for each/);
});

test('guidance and its rescaling are those of diffusers, by inputs', () =>
  withGoldens(async (file) => {
    const engine = await sharedEngine();
    const graph = new Graph();
    const shape = file.tensors.get('guide.conditional')!.shape;
    const conditional = graph.input('conditional', shape);
    const unconditional = graph.input('unconditional', shape);
    const guidance = graph.input('guidance', [1]);
    graph.output('guided', guide(conditional, unconditional, guidance));
    graph.output('rescaled', guide(conditional, unconditional, guidance, graph.input('rescale', [1])));
    const plan = await engine.compile(graph);
    const inputs = {
      conditional: await file.readAsF32('guide.conditional'),
      unconditional: await file.readAsF32('guide.unconditional'),
      guidance: Float32Array.of(3),
    };
    const found = await plan.run({ ...inputs, rescale: Float32Array.of(0.7) });
    for (const name of ['guided', 'rescaled']) {
      const error = nmse(found[name]!, await file.readAsF32(`guide.${name}`));
      assert.ok(error <= 1e-11, `${name}: NMSE ${error}`);
    }
    const none = await plan.run({ ...inputs, rescale: Float32Array.of(0) });
    assert.ok(nmse(none.rescaled!, none.guided!) <= 1e-14);
    plan.dispose();
  }));

test('a trajectory ends where it is told to', async () => {
  const sampler = createSampler(VTA_LDM_SCHEDULER, { kind: 'ddim', steps: 5 });
  const controller = new AbortController();
  let steps = 0;
  const denoise = (sample: Float64Array): Float64Array => {
    if (++steps === 2) controller.abort(new Error('enough'));
    return sample;
  };
  const run = runTrajectory(sampler, { initial: [1, 2], denoise, noise: () => [], signal: controller.signal });
  await assert.rejects(run, /enough/);
  assert.equal(steps, 2);
});

test.run();
