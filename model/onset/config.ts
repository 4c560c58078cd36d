/** What a model is made of, as data: an ablation is another config, not another branch of code. */

import { z } from 'zod';
import type { FlowEncoderConfig } from './flow-encoder.js';
import type { SpectralCodecConfig } from './spectral-codec.js';

export interface ModelConfig {
  codec: { kind: 'spectral' } & SpectralCodecConfig;
  /** `pictureWidth`: pixels a side at which optical flow is measured. */
  encoder: { kind: 'flow'; pictureWidth: number } & FlowEncoderConfig;
  generator: { width: number; blocks: number; heads: number };
  /** Names of the sound classes, in the order of the class head. */
  classes: string[];
}

const size = z.number().int().positive();
const four = z.tuple([size, size, size, size]);

export const modelConfig: z.ZodType<ModelConfig> = z.strictObject({
  codec: z.strictObject({
    kind: z.literal('spectral'),
    width: size,
    latentChannels: size,
    melBands: size,
    decoderFft: size,
    blocks: four,
  }),
  encoder: z.strictObject({
    kind: z.literal('flow'),
    cells: size,
    heads: size,
    temporal: size,
    pictureWidth: size,
  }),
  generator: z.strictObject({ width: size, blocks: size, heads: size }),
  classes: z.array(z.string()).min(1),
});
