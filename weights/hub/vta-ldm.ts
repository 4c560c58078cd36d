/** The published VTA-LDM: UNet, CLIP vision tower and projection in the one file, VAE and vocoder in the other. */

import type { PullTarget, Source } from './target.js';

const from = (path: string): [Source] => [{ repository: 'ariesssxu/vta-ldm-clip4clip-v-large', path }];

export const VTA_LDM: PullTarget = {
  name: 'vta-ldm',
  title: 'VTA-LDM, clip4clip-v-large',
  licence: 'CC-BY-4.0',
  files: [
    { name: 'pytorch_model_2.bin', bytes: 3_534_841_336, sources: from('pytorch_model_2.bin') },
    { name: 'pytorch_model.bin', bytes: 442_713_669, sources: from('pytorch_model.bin') },
    // The settings it was trained with; nothing depends on them.
    { name: 'summary.jsonl', optional: true, sources: from('summary.jsonl') },
  ],
};
