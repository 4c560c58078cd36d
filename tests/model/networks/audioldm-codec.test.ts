import assert from 'node:assert/strict';
import { Graph, type Tensor } from '../../../engine/engine.js';
import { planProgram } from '../../../engine/planner.js';
import type { DeviceProfile } from '../../../kernels/kernel.js';
import { wideAttention } from '../../../model/networks/attention.js';
import {
  audioLdmVae,
  audioLdmVaeConfig,
  countParameters,
  hifiGan,
  hifiGanConfig,
  hifiGanLengths,
  Parameters,
} from '../../../model/networks/index.js';
import { audioLdmMel } from '../../../model/vta-ldm/mel.js';
import { guestEngine } from '../../harness/engine.js';
import { type Golden, nmse, runGolden } from '../../harness/goldens.js';
import { noise } from '../../harness/random.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: the codec of VTA-LDM');

/** Made by tests/oracle/vta_ldm_codec.py. */
const GOLDEN = 'vta-codec';

/** The golden's config of one network. */
const configOf = ({ config }: Golden, network: 'vae' | 'vocoder'): unknown =>
  (config as Record<string, unknown>)[network];

function autoencoder(golden: Golden): Record<string, Tensor> {
  const { p, input } = golden;
  const vae = audioLdmVae(audioLdmVaeConfig.parse(configOf(golden, 'vae')));
  const posterior = vae.encode(p, input('mel'));
  const latent = vae.latent(posterior, input('posterior'));
  return { ...posterior, latent, decoded: vae.decode(p, input('latent')) };
}

const vocoder = (golden: Golden): Record<string, Tensor> => ({
  wave: hifiGan(golden.p, hifiGanConfig.parse(configOf(golden, 'vocoder')), golden.input('vocoder-mel')),
});

test('the autoencoder gives what its PyTorch twin gives, to NMSE 1e-9', async () => {
  const out = await runGolden(await guestEngine(), GOLDEN, autoencoder, { bar: 1e-9 });
  assert.deepEqual(Object.keys(out), ['mean', 'logvar', 'latent', 'decoded']);
});

// A waveform is the end of many layers of a saturating network.
test('the vocoder gives what its PyTorch twin gives, to NMSE 1e-7', async () => {
  await runGolden(await guestEngine(), GOLDEN, vocoder, { bar: 1e-7 });
});

test('with weights in f16 the autoencoder gives it to NMSE 1e-5 and the vocoder to 1e-4', async () => {
  const engine = await guestEngine();
  if (!engine.profile.f16) return;
  await runGolden(engine, GOLDEN, autoencoder, { bar: 1e-5, weights: 'f16' });
  await runGolden(engine, GOLDEN, vocoder, { bar: 1e-4, weights: 'f16' });
});

test('mel spectra are those of librosa and PyTorch', async () => {
  const trace = ({ input }: Golden): Record<string, Tensor> => ({ 'sound-mel': audioLdmMel(input('sound')) });
  await runGolden(await guestEngine(), GOLDEN, trace, { bar: 1e-9 });
});

test('attention in blocks of queries is attention in one piece', async () => {
  const engine = await guestEngine();
  const graph = new Graph();
  const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, [2, 21, 136])) as [Tensor, Tensor, Tensor];
  // Rows of 2 × 21 scores: 5 at a time leave one over; one at a time is the least, whatever the budget.
  graph.output('five', wideAttention(q, k, v, 5 * 2 * 21 * 4));
  graph.output('one', wideAttention(q, k, v, 1));
  graph.output('whole', wideAttention(q, k, v));
  const plan = await engine.compile(graph);
  const values = [1, 2, 3].map((seed) => noise(2 * 21 * 136, seed)) as [Float32Array, Float32Array, Float32Array];
  const found = await plan.run({ q: values[0], k: values[1], v: values[2] });
  plan.dispose();
  const expected = plainAttention(values, 2, 21, 136);
  for (const [name, value] of Object.entries(found)) {
    const error = nmse(value, expected);
    assert.ok(error < 1e-12, `${name}: NMSE ${error}`);
  }
});

function plainAttention([q, k, v]: Float32Array[], batch: number, length: number, width: number): Float64Array {
  const out = new Float64Array(batch * length * width);
  for (let b = 0; b < batch; b++) {
    const at = (i: number): number => (b * length + i) * width;
    for (let i = 0; i < length; i++) {
      const weights = Array.from({ length }, (_, j) => {
        let dot = 0;
        for (let c = 0; c < width; c++) dot += q![at(i) + c]! * k![at(j) + c]!;
        return Math.exp(dot / Math.sqrt(width));
      });
      const total = weights.reduce((a, w) => a + w, 0);
      for (const [j, w] of weights.entries()) {
        for (let c = 0; c < width; c++) out[at(i) + c]! += (w / total) * v![at(j) + c]!;
      }
    }
  }
  return out;
}

/** Without weights: the released sizes, traced. */
function fullSize() {
  const vae = audioLdmVae(audioLdmVaeConfig.parse({}));
  const vocoder = hifiGanConfig.parse({});
  const traced = (trace: (p: Parameters) => void): { graph: Graph; p: Parameters } => {
    const graph = new Graph();
    const p = new Parameters(graph);
    trace(p);
    return { graph, p };
  };
  return {
    encode: traced((p) => {
      const { mean, logvar } = vae.encode(p, p.graph.input('mel', [1, 1024, 64, 1]));
      p.graph.output('mean', mean);
      p.graph.output('logvar', logvar);
    }),
    decode: traced((p) => p.graph.output('mel', vae.decode(p, p.graph.input('latent', [1, 256, 16, 8])))),
    vocode: traced((p) => p.graph.output('wave', hifiGan(p, vocoder, p.graph.input('mel', [1, 1024, 64])))),
  };
}

test('the released configs have the released sizes', () => {
  const { encode, decode, vocode } = fullSize();
  assert.deepEqual(encode.graph.outputs.get('mean')!.shape, [1, 256, 16, 8]);
  assert.deepEqual(decode.graph.outputs.get('mel')!.shape, [1, 1024, 64, 1]);
  assert.deepEqual(hifiGanLengths(hifiGanConfig.parse({}), 1024), [5121, 20484, 40968, 81936, 163872]);
  assert.deepEqual(vocode.graph.outputs.get('wave')!.shape, [1, 163872]);
  assert.equal(countParameters([...encode.p.specs.values(), ...decode.p.specs.values()]), 55_376_873);
  assert.equal(countParameters(vocode.p.specs.values()), 55_264_897);
  for (const name of ['encoder.down.0.downsample.conv.weight', 'encoder.mid.attn_1.proj_out.bias', 'quant_conv.weight'])
    assert.ok(encode.p.specs.has(name), name);
  for (const name of [
    'decoder.up.2.upsample.conv.bias',
    'decoder.up.0.block.0.nin_shortcut.weight',
    'decoder.norm_out.bias',
  ])
    assert.ok(decode.p.specs.has(name), name);
  for (const name of ['vocoder.ups.4.weight', 'vocoder.resblocks.14.convs2.2.weight', 'vocoder.conv_post.bias'])
    assert.ok(vocode.p.specs.has(name), name);
});

/** Devices that bind no more than a browser must allow. */
const SOFTWARE: DeviceProfile = {
  kind: 'software',
  vendor: '',
  architecture: '',
  description: '',
  subgroups: { supported: true, min: 8, max: 8 },
  f16: false,
  timestamps: false,
  subgroupMatrices: [],
  maxWorkgroupInvocations: 256,
  maxWorkgroupStorage: 16384,
  maxWorkgroupsPerDimension: 65535,
  maxStorageBindings: 8,
  maxBindingBytes: 2 ** 27,
  maxTextureSide: 2 ** 14,
  maxBufferBytes: 2 ** 28,
};
const DISCRETE: DeviceProfile = { ...SOFTWARE, kind: 'discrete', subgroups: { supported: false, min: 0, max: 0 } };

test('at full size nothing is bound that exceeds 128 MiB, on any kind of device', () => {
  for (const profile of [SOFTWARE, DISCRETE]) {
    for (const [name, { graph }] of Object.entries(fullSize())) {
      const { slots, steps } = planProgram(graph, profile);
      assert.ok(slots.peakBytes < 240e6, `${name}: activations of ${slots.peakBytes} bytes`);
      const most = Math.max(...steps.flatMap((step) => step.bindings.map(({ bytes }) => bytes)));
      assert.ok(most <= 2 ** 26, `${name} binds ${most} bytes`);
    }
  }
});

test('configs that cannot work are refused with the reason', () => {
  assert.throws(() => audioLdmVaeConfig.parse({ ch: 48 }), /multiple of 32/);
  assert.throws(() => audioLdmVaeConfig.parse({ chs: 32 }), /chs/);
  assert.throws(() => hifiGanConfig.parse({ upsample_rates: [4, 4] }), /one kernel size for each/);
  assert.throws(() => hifiGanConfig.parse({ resblock_kernel_sizes: [3, 4, 11] }), /odd/);
});

test.run();
