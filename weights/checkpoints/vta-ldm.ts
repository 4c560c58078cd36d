/**
 * The published files of VTA-LDM (`vta-ldm-clip4clip-v-large`): a UNet with its CLIP vision encoder in one, the VAE and
 * vocoder of AudioLDM in another, and, where it was fetched too, AudioLDM's own checkpoint.
 */

import type { CheckpointMap } from '../checkpoint-map.js';

const UNET = { file: 'pytorch_model_2', prefix: '' };
const AUDIO = { file: 'pytorch_model', prefix: '' };
const AUDIOLDM = { file: 'audioldm-s-full', prefix: 'state_dict.first_stage_model.' };

export const VTA_LDM: CheckpointMap = {
  model: 'vta-ldm',
  parts: {
    unet: { locations: [UNET], names: ['unet.'], ignored: [] },
    // Constant tables of indices, which transformers once stored.
    vision: { locations: [UNET], names: ['vid_fea_extractor.'], ignored: ['.position_ids'] },
    vae: {
      locations: [AUDIO, AUDIOLDM],
      names: ['encoder.', 'decoder.', 'quant_conv.', 'post_quant_conv.'],
      ignored: [],
    },
    vocoder: { locations: [AUDIO], names: ['vocoder.'], ignored: [] },
  },
  values: {
    // Of the latents, z = scale · sample. The published UNet's file has no such tensor; the default is AudioLDM's.
    scale_factor: {
      locations: [
        { file: AUDIOLDM.file, name: 'state_dict.scale_factor' },
        { file: AUDIOLDM.file, name: 'scale_factor' },
      ],
      default: 0.9227914214134216,
    },
  },
};
