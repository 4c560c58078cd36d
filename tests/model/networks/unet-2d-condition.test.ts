import assert from 'node:assert/strict';
import { concat, fill, Graph, slice, type Tensor } from '../../../engine/engine.js';
import { planProgram } from '../../../engine/planner.js';
import { idealProfiles } from '../../../kernels/profiles.js';
import { countParameters, Parameters, unet2dCondition, unetConfig } from '../../../model/networks/index.js';
import { sharedEngine } from '../../harness/engine.js';
import { type Golden, nmse, runGolden } from '../../harness/goldens.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: UNet2DConditionModel');

const DOWN = [...new Array<string>(3).fill('CrossAttnDownBlock2D'), 'DownBlock2D'];
const UP = ['UpBlock2D', ...new Array<string>(3).fill('CrossAttnUpBlock2D')];

const LARGE_2048 = {
  _class_name: 'UNet2DConditionModel',
  _diffusers_version: '0.10.0.dev0',
  act_fn: 'silu',
  attention_head_dim: [5, 10, 20, 20],
  block_out_channels: [320, 640, 640, 1280],
  center_input_sample: false,
  cross_attention_dim: 2048,
  down_block_types: DOWN,
  downsample_padding: 1,
  dual_cross_attention: false,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 8,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-5,
  norm_num_groups: 32,
  num_class_embeds: null,
  only_cross_attention: false,
  out_channels: 8,
  sample_size: [32, 2],
  up_block_types: UP,
  use_linear_projection: true,
  upcast_attention: true,
};

/** The released configs and their sizes, as diffusers counts them. */
const CONFIGS = [
  { name: 'large_2048', json: LARGE_2048, parameters: 578_052_168 },
  { name: 'large', json: { ...LARGE_2048, cross_attention_dim: 1024 }, parameters: 559_046_728 },
  {
    name: 'default',
    json: {
      ...LARGE_2048,
      attention_head_dim: [5, 10, 10, 20],
      cross_attention_dim: 1024,
      in_channels: 16,
      out_channels: 16,
    },
    parameters: 559_092_816,
  },
  {
    name: 'stable_diffusion_2.1',
    json: {
      ...LARGE_2048,
      block_out_channels: [320, 640, 1280, 1280],
      cross_attention_dim: 1024,
      in_channels: 4,
      out_channels: 4,
      sample_size: 96,
    },
    parameters: 865_910_724,
  },
  {
    name: 'pretrain',
    json: {
      ...LARGE_2048,
      addition_embed_type: null,
      addition_embed_type_num_heads: 64,
      attention_head_dim: 8,
      block_out_channels: [128, 256, 384, 640],
      conv_in_kernel: 3,
      cross_attention_dim: 1024,
      down_block_types: ['DownBlock2D', ...DOWN.slice(0, 3)],
      mid_block_type: 'UNetMidBlock2DCrossAttn',
      num_attention_heads: null,
      resnet_out_scale_factor: 1.0,
      resnet_time_scale_shift: 'default',
      sample_size: 128,
      time_embedding_type: 'positional',
      transformer_layers_per_block: 1,
      up_block_types: [...UP.slice(1), 'UpBlock2D'],
      upcast_attention: false,
      use_linear_projection: false,
    },
    parameters: 187_886_856,
  },
];

/** The whole network at the latents of a clip of 10.24 s. */
function traceReleased(json: (typeof CONFIGS)[number]['json'], p: Parameters): Tensor {
  const config = unetConfig.parse(json);
  const { graph } = p;
  return p.in('unet', () =>
    unet2dCondition(p, config, {
      latent: graph.input('latent', [1, 256, 16, config.inChannels]),
      timestep: graph.input('timestep', [1], 'u32'),
      tokens: graph.input('tokens', [1, 22, config.crossAttentionDim]),
      mask: graph.input('mask', [1, 22]),
    }),
  );
}

function stages({ p, config: json, input, has }: Golden): Record<string, Tensor> {
  const config = unetConfig.parse(json);
  const [latent, timestep, tokens] = [input('latent'), input('timestep'), input('tokens')];
  const mask = has('mask') ? input('mask') : undefined;
  const out: Record<string, Tensor> = {};
  return p.in('unet', () => {
    out.velocity = unet2dCondition(p, config, { latent, timestep, tokens, ...(mask && { mask }) }, (name, value) => {
      out[name] = value;
    });
    out.unconditional = unet2dCondition(p, config, { latent, timestep, tokens: null });
    return out;
  });
}

for (const [name, what] of [
  ['unet-linear', 'dense projections, padded tokens, two items'],
  ['unet-conv', 'convolutions as projections, an odd image size'],
] as const) {
  test(`every stage gives what diffusers gives, to NMSE 1e-9: ${what}`, async () => {
    const out = await runGolden(await sharedEngine(), name, stages, { bar: 1e-9 });
    const levels = name === 'unet-linear' ? 4 : 3;
    assert.equal(Object.keys(out).length, 2 * levels + 5);
  });
}

test('weights in f16 give it to NMSE 1e-5', async () => {
  const engine = await sharedEngine();
  if (engine.profile.f16) await runGolden(engine, 'unet-linear', stages, { bar: 1e-5, weights: 'f16' });
});

test('no tokens are the same as tokens of zeros, and the order of tokens has no effect', async () => {
  const out = await runGolden(
    await sharedEngine(),
    'unet-conv',
    ({ p, config: json, input }) => {
      const config = unetConfig.parse(json);
      const [latent, timestep, tokens] = [input('latent'), input('timestep'), input('tokens')];
      const velocity = (condition: Tensor | null): Tensor =>
        p.in('unet', () => unet2dCondition(p, config, { latent, timestep, tokens: condition }));
      const turned = concat([slice(tokens, 1, 3), slice(tokens, 1, 0, 3)], 1);
      return { velocity: velocity(turned), none: velocity(null), zeros: velocity(fill(p.graph, 0, tokens.shape)) };
    },
    { bar: 1e-9 },
  );
  assert.ok(nmse(out.none!, out.zeros!) <= 1e-12, `NMSE ${nmse(out.none!, out.zeros!)}`);
});

test('the released configs parse, and their networks have as many parameters as diffusers says', () => {
  for (const { name, json, parameters } of CONFIGS) {
    const p = new Parameters(new Graph());
    const out = traceReleased(json, p);
    assert.deepEqual(out.shape, [1, 256, 16, json.out_channels], name);
    assert.equal(countParameters(p.specs.values()), parameters, name);
  }
});

test('the released network fits a software device that binds 128 MiB, and its activations 256 MiB', async () => {
  const MIB = 2 ** 20;
  const [software] = idealProfiles({ ...(await sharedEngine()).profile, maxBindingBytes: 128 * MIB });
  const p = new Parameters(new Graph());
  p.graph.output('velocity', traceReleased(LARGE_2048, p));
  const { steps, slots } = planProgram(p.graph, software!);
  const largest = Math.max(...steps.flatMap((step) => step.bindings.map(({ bytes }) => bytes)));
  assert.ok(largest <= 128 * MIB, `a binding of ${largest / MIB} MiB`);
  assert.ok(slots.peakBytes <= 256 * MIB, `activations of ${slots.peakBytes / MIB} MiB`);
});

test('with weights in f16 matrices and kernels are f16, all else f32', () => {
  const p = new Parameters(new Graph(), { weights: 'f16' });
  traceReleased(LARGE_2048, p);
  for (const { name, storage, shape } of p.specs.values()) {
    assert.equal(storage, shape.length > 1 ? 'f16' : 'f32', name);
    assert.equal(p.graph.variables.get(name)!.dtype, storage, name);
  }
});

test('a config that is another model is refused by the name of the option', () => {
  for (const [option, value] of [
    ['act_fn', 'gelu'],
    ['num_attention_heads', 8],
    ['resnet_time_scale_shift', 'scale_shift'],
    ['unheard_of', 1],
    ['attention_head_dim', [5, 10]],
    ['down_block_types', DOWN.slice(1)],
    ['block_out_channels', [320, 640, 640, 1270]],
  ] as const) {
    assert.throws(() => unetConfig.parse({ ...LARGE_2048, [option]: value }), new RegExp(option), option);
  }
});

test.run();
