/** The config of diffusers' UNet2DConditionModel: its JSON, parsed into the fields that the network here takes. */

import { z } from 'zod';

/** One resolution of the U-Net; the first is the finest. */
export interface UnetLevel {
  channels: number;
  /** Heads of its attention, where it has any. */
  heads: number;
  /** Its down block is a CrossAttnDownBlock2D. */
  crossAttnDown: boolean;
  /** Its up block is a CrossAttnUpBlock2D. */
  crossAttnUp: boolean;
}

export interface UnetConfig {
  inChannels: number;
  outChannels: number;
  levels: UnetLevel[];
  /** ResNet layers of a down block; an up block has one more. */
  layersPerBlock: number;
  /** Width of a token of the context. */
  crossAttentionDim: number;
  /** Groups of every group norm. */
  normNumGroups: number;
  /** Added to the variance in the ResNet layers' norms. */
  normEps: number;
  /** Transformers project by linear layers, not by 1×1 convolutions: the same arithmetic, stored otherwise. */
  useLinearProjection: boolean;
  /** The timestep's sinusoids begin with the cosines. */
  flipSinToCos: boolean;
  freqShift: number;
}

const size = z.number().int().positive();

/** Options of UNet2DConditionModel of which one value is supported: any other would be another network. */
const FIXED = {
  act_fn: 'silu',
  addition_embed_type: null,
  addition_time_embed_dim: null,
  attention_type: 'default',
  center_input_sample: false,
  class_embed_type: null,
  class_embeddings_concat: false,
  conv_in_kernel: 3,
  conv_out_kernel: 3,
  cross_attention_norm: null,
  downsample_padding: 1,
  dual_cross_attention: false,
  encoder_hid_dim: null,
  encoder_hid_dim_type: null,
  mid_block_only_cross_attention: null,
  mid_block_scale_factor: 1,
  mid_block_type: 'UNetMidBlock2DCrossAttn',
  num_attention_heads: null,
  num_class_embeds: null,
  only_cross_attention: false,
  projection_class_embeddings_input_dim: null,
  resnet_out_scale_factor: 1,
  resnet_skip_time_act: false,
  resnet_time_scale_shift: 'default',
  reverse_transformer_layers_per_block: null,
  time_cond_proj_dim: null,
  time_embedding_act_fn: null,
  time_embedding_dim: null,
  time_embedding_type: 'positional',
  timestep_post_act: null,
  transformer_layers_per_block: 1,
} as const;

const fixed = Object.fromEntries(Object.entries(FIXED).map(([name, value]) => [name, z.literal(value).optional()]));

/** Fields that do not affect the arithmetic; `upcast_attention` does not, since attention is always in f32. */
const WITHOUT_EFFECT = [
  '_class_name',
  '_diffusers_version',
  '_name_or_path',
  'addition_embed_type_num_heads',
  'dropout',
  'sample_size',
  'upcast_attention',
];

const ignored = Object.fromEntries(WITHOUT_EFFECT.map((name) => [name, z.unknown().optional()]));

const diffusersConfig = z.strictObject({
  ...ignored,
  ...fixed,
  in_channels: size,
  out_channels: size,
  block_out_channels: z.array(size).min(1),
  down_block_types: z.array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D'])),
  up_block_types: z.array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D'])),
  // The number of heads in spite of its name: diffusers reads it so, and its released weights depend on it.
  attention_head_dim: z.union([size, z.array(size)]),
  cross_attention_dim: size,
  layers_per_block: size.default(2),
  norm_num_groups: size.default(32),
  norm_eps: z.number().positive().default(1e-5),
  use_linear_projection: z.boolean().default(false),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
});

/**
 * Parses the JSON that diffusers writes beside a UNet2DConditionModel. A ZodError names each option that is missing,
 * unknown, or set to an unsupported value.
 */
export const unetConfig: z.ZodType<UnetConfig> = diffusersConfig.transform((json, context): UnetConfig => {
  const channels = json.block_out_channels;
  const mismatch = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message: `${message}, as block_out_channels has levels` });
  const heads =
    typeof json.attention_head_dim === 'number' ? channels.map(() => json.attention_head_dim) : json.attention_head_dim;
  for (const [path, list] of [
    ['down_block_types', json.down_block_types],
    ['up_block_types', json.up_block_types],
    ['attention_head_dim', heads],
  ] as const) {
    if (list.length !== channels.length) mismatch(path, `${list.length} entries instead of ${channels.length}`);
  }
  const levels = channels.map((width, i) => ({
    channels: width,
    heads: (heads as number[])[i]!,
    crossAttnDown: json.down_block_types[i] === 'CrossAttnDownBlock2D',
    crossAttnUp: json.up_block_types[channels.length - 1 - i] === 'CrossAttnUpBlock2D',
  }));
  for (const [i, level] of levels.entries()) {
    if (level.channels % json.norm_num_groups !== 0 || level.channels % level.heads !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['block_out_channels', i],
        message: `${level.channels} channels do not divide into ${json.norm_num_groups} groups and ${level.heads} heads`,
      });
    }
  }
  return {
    inChannels: json.in_channels,
    outChannels: json.out_channels,
    levels,
    layersPerBlock: json.layers_per_block,
    crossAttentionDim: json.cross_attention_dim,
    normNumGroups: json.norm_num_groups,
    normEps: json.norm_eps,
    useLinearProjection: json.use_linear_projection,
    flipSinToCos: json.flip_sin_to_cos,
    freqShift: json.freq_shift,
  };
});
