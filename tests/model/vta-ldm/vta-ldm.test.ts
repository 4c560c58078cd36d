import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClip } from '../../../model/media/clip.js';
import { initialValues, type NamedTensors, StageInputError } from '../../../model/networks/index.js';
import { parseVtaLdmConfig, VtaLdmConfigError } from '../../../model/vta-ldm/config.js';
import { VtaLdmNetworks } from '../../../model/vta-ldm/networks.js';
import { parametersOf, type VtaLdmPart } from '../../../model/vta-ldm/parts.js';
import { VTA_LDM_STAGES, type VtaLdmStageRequest } from '../../../model/vta-ldm/stages.js';
import { VtaLdmVideoToAudio } from '../../../model/vta-ldm/video-to-audio.js';
import { writeSafetensors } from '../../../weights/index.js';
import { storedShape } from '../../../weights/load.js';
import { guestEngine } from '../../harness/engine.js';
import { noise, uniformSource } from '../../harness/random.js';
import { cleanups, suite } from '../../harness/suite.js';
import { picture } from '../media/clips.js';

const test = suite('model: VTA-LDM');

/** The same graph, as small as it goes. */
const TINY = {
  clip: {
    ...{ hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32 },
    ...{ patch_size: 56, image_size: 112, projection_dim: 16 },
  },
  unet: {
    block_out_channels: [32, 32],
    down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
    ...{ attention_head_dim: [2, 2], layers_per_block: 1, cross_attention_dim: 24 },
  },
  vae: { ch: 32, ch_mult: [1, 1, 1], num_res_blocks: 1 },
  vocoder: { upsample_initial_channel: 32, resblock_kernel_sizes: [3], resblock_dilation_sizes: [[1]] },
  tokens: { embedding_dim: 24 },
};

const FILES: Record<string, VtaLdmPart[]> = { pytorch_model_2: ['unet', 'vision'], pytorch_model: ['vae', 'vocoder'] };

let made: Promise<string> | undefined;

/** A folder of random weights under the published names. */
function tinyModel(): Promise<string> {
  made ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'onset-vta-ldm-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(TINY));
    const config = parseVtaLdmConfig(JSON.stringify(TINY));
    const uniform = uniformSource();
    for (const [file, parts] of Object.entries(FILES)) {
      const specs = parts.flatMap((part) => parametersOf(config, part));
      const tensors = specs.map((spec) => ({
        name: spec.name,
        dtype: 'F32' as const,
        shape: storedShape(spec),
        data: initialValues(spec, uniform) as Float32Array<ArrayBuffer>,
      }));
      await writeSafetensors(join(folder, `${file}.safetensors`), tensors);
    }
    return folder;
  })();
  return made;
}

const REQUEST: Omit<VtaLdmStageRequest, 'inputs'> = {
  ...{ dtype: 'f32', steps: 2, guidance: 3, sampler: 'ddim', frameRule: 'released', nFft: 64, hop: 16 },
};

const runStage = (
  name: string,
  request: Partial<VtaLdmStageRequest> & { inputs: NamedTensors },
): Promise<NamedTensors> => VTA_LDM_STAGES.find((stage) => stage.name === name)!.run({ ...REQUEST, ...request });

test('the order of the frames changes nothing: the published model has no notion of time', async () => {
  const weights = await tinyModel();
  const tokens = noise(4 * 24, 5);
  const reversed = Float32Array.from({ length: 4 * 24 }, (_, i) => tokens[(3 - Math.floor(i / 24)) * 24 + (i % 24)]!);
  const latents = [];
  for (const data of [tokens, reversed, noise(4 * 24, 6)]) {
    const inputs = new Map([
      ['tokens', { shape: [4, 24], data }],
      ['noise_init', { shape: [1, 8, 8, 4], data: noise(256, 7) }],
    ]);
    latents.push((await runStage('sample', { weights, inputs })).get('latent')!.data);
  }
  const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
  assert.ok(furthest(latents[0]!, latents[1]!) < 1e-4);
  assert.ok(furthest(latents[0]!, latents[2]!) > 1e-3, 'other frames must change it');
});

test('a clip longer than a window gets sound of its own length, the same for the same seed', async () => {
  const model = await VtaLdmVideoToAudio.load(await guestEngine(), await tinyModel());
  const options = { sampler: 'ddim', steps: 1, guidance: 1 };
  const long = await model.generate(await openClip(await picture('vta-ldm-long.mp4', '64x48', '5', 11.2)), options);
  assert.equal(long.sampleRate, 16000);
  assert.equal(long.samples.length, Math.round(long.seconds * 16000));
  assert.ok(Math.abs(long.seconds - 11.2) < 0.01);
  assert.ok(long.samples.every((x) => Math.abs(x) <= 1));
  assert.ok(long.samples.some((x) => x !== 0));
  const short = await openClip(await picture('vta-ldm-short.mp4', '64x48', '5', 1));
  const sounds = [];
  for (const seed of [3, 3, 4]) sounds.push((await model.generate(short, { ...options, seed })).samples);
  assert.deepEqual(sounds[0], sounds[1]);
  assert.notDeepEqual(sounds[0], sounds[2]);
  // Parts free what they worked in between one another, so calls at once wait for each other.
  const both = await Promise.all([3, 4].map((seed) => model.generate(short, { ...options, seed })));
  assert.deepEqual(
    both.map(({ samples }) => samples),
    sounds.slice(1),
  );
  await model.dispose();
});

test('an option outside its range is refused by name, and a sound class altogether', async () => {
  const model = await VtaLdmVideoToAudio.load(await guestEngine(), await tinyModel());
  const clip = await openClip(await picture('vta-ldm-short.mp4', '64x48', '5', 1));
  await assert.rejects(model.generate(clip, { sampler: 'heun' }), { name: 'InvalidOptionsError', message: /sampler/ });
  await assert.rejects(model.generate(clip, { sound: 'drum' }), { name: 'UnknownSoundError' });
  await model.dispose();
});

test('parameters are counted from the checkpoint, part by part', async () => {
  const engine = await guestEngine();
  const networks = await VtaLdmNetworks.load(engine, await tinyModel(), { parts: ['vocoder'] });
  const traced = parametersOf(networks.config, 'vocoder').reduce((n, s) => n + s.shape.reduce((a, b) => a * b, 1), 0);
  assert.deepEqual([...networks.parameterCounts], [['vocoder', traced]]);
});

test('the released model has the published numbers of parameters', () => {
  const config = parseVtaLdmConfig(undefined);
  const count = (part: VtaLdmPart): number =>
    parametersOf(config, part).reduce((n, s) => n + s.shape.reduce((a, b) => a * b, 1), 0);
  assert.equal(count('unet'), 578_052_168);
  assert.equal(count('vision'), 303_966_208 + 1_574_912);
  assert.equal(count('vae'), 55_376_873);
  assert.equal(count('vocoder'), 55_264_897);
});

test('a config that is none names each fault', () => {
  const faulty = (json: unknown, message: RegExp): void =>
    assert.throws(
      () => parseVtaLdmConfig(JSON.stringify(json), { file: 'm/config.json' }),
      (error: Error) => error instanceof VtaLdmConfigError && message.test(error.message),
    );
  faulty({ unett: {} }, /m\/config\.json.*unett/s);
  faulty({ unet: { act_fn: 'gelu' } }, /unet\.act_fn/);
  faulty({ tokens: { embedding_dim: 5 } }, /cross_attention_dim is 2048, tokens\.embedding_dim 5/);
  assert.throws(() => parseVtaLdmConfig('{'), VtaLdmConfigError);
});

test('a stage names the input that is missing or has another shape', async () => {
  const weights = await tinyModel();
  const run = (inputs: NamedTensors): Promise<unknown> => runStage('vocoder', { weights, inputs });
  await assert.rejects(run(new Map()), (e: Error) => e instanceof StageInputError && /no 'mel'/.test(e.message));
  const narrow = new Map([['mel', { shape: [1, 8, 63], data: new Float32Array(504) }]]);
  await assert.rejects(run(narrow), (e: Error) => e instanceof StageInputError && /\[B, M, 64\]/.test(e.message));
});

test('a stage that needs weights or a clip says so', async () => {
  const missing = (what: string) => (error: unknown) =>
    error instanceof StageInputError && error.message.includes(`needs ${what}`);
  await assert.rejects(runStage('vocoder', { inputs: new Map() }), missing('weights'));
  await assert.rejects(runStage('frames', { inputs: new Map() }), missing('clip'));
});

test('a stage runs as often as asked, and says how long each run took', async () => {
  const times: number[] = [];
  const inputs = new Map([['mel', { shape: [1, 8, 64], data: noise(8 * 64, 3) }]]);
  const weights = await tinyModel();
  const onTimes = (load: number, runs: readonly number[]): void => void times.push(load, ...runs);
  const { waveform } = Object.fromEntries(await runStage('vocoder', { weights, inputs, runs: 3, onTimes }));
  assert.deepEqual(waveform!.shape, [1, waveform!.data.length]);
  assert.equal(times.length, 1 + 3);
  assert.ok(times.every((seconds) => seconds > 0));
});

test('stft gives real and imaginary parts by bins and frames', async () => {
  const wave = Float32Array.from({ length: 256 }, (_, i) => Math.cos((2 * Math.PI * 4 * i) / 64));
  const inputs = new Map([['waveform', { shape: [1, 256], data: wave }]]);
  const { real, imag } = Object.fromEntries(await runStage('stft', { inputs }));
  assert.deepEqual(real!.shape, [1, 33, 17]);
  assert.deepEqual(imag!.shape, [1, 33, 17]);
  // A cosine of 4 periods a frame: all its power is in bin 4 (and the window's side bins), half the window's sum.
  assert.ok(Math.abs(real!.data[4 * 17 + 8]! - 16) < 1e-3);
});

test.run();
