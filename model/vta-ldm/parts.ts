/** The parts of VTA-LDM that load one by one, and the parameters of each. */

import { Graph, type Tensor } from '../../engine/engine.js';
import {
  audioLdmVae,
  clipVisionTokens,
  hifiGan,
  type ParameterSpec,
  Parameters,
  unet2dCondition,
  type VisionTensors,
} from '../networks/index.js';
import type { VtaLdmConfig } from './config.js';

export type VtaLdmPart = 'vision' | 'unet' | 'vae' | 'vocoder';

export const ALL_PARTS: readonly VtaLdmPart[] = ['vision', 'unet', 'vae', 'vocoder'];

/** Frames [T, S, S, channels] → CLIP's embeddings and tokens. */
export const traceVision = (p: Parameters, config: VtaLdmConfig, frames: Tensor): VisionTensors =>
  p.in('vid_fea_extractor', () => clipVisionTokens(p, config.clip, frames, config.tokens.embedding_dim));

/** Each part traced at a small size. */
const TRACES: Readonly<Record<VtaLdmPart, (p: Parameters, config: VtaLdmConfig) => void>> = {
  vision(p, config) {
    const { image_size: size, num_channels: channels } = config.clip;
    traceVision(p, config, p.graph.input('frames', [1, size, size, channels]));
  },
  unet(p, config) {
    p.in('unet', () =>
      unet2dCondition(p, config.unet, {
        latent: smallLatent(p, config),
        timestep: p.graph.input('timestep', [1]),
        tokens: p.graph.input('tokens', [1, 1, config.tokens.embedding_dim]),
      }),
    );
  },
  vae(p, config) {
    const side = smallestSide(config);
    const vae = audioLdmVae(config.vae);
    vae.encode(p, p.graph.input('mel', [1, side, side, 1]));
    vae.decode(p, smallLatent(p, config));
  },
  vocoder(p, config) {
    hifiGan(p, config.vocoder, p.graph.input('mel', [1, 8, config.vocoder.num_mels]));
  },
};

/** The smallest size that every level can halve. */
const smallestSide = ({ unet, vae }: VtaLdmConfig): number => 2 ** Math.max(unet.levels.length, vae.ch_mult.length);

function smallLatent(p: Parameters, config: VtaLdmConfig): Tensor {
  const side = smallestSide(config);
  return p.graph.input('latent', [1, side, side, config.unet.inChannels]);
}

/** The parameters of a part, found by tracing it once. */
export function parametersOf(config: VtaLdmConfig, part: VtaLdmPart, dtype: 'f32' | 'f16' = 'f32'): ParameterSpec[] {
  const p = new Parameters(new Graph(), { weights: dtype });
  TRACES[part](p, config);
  return [...p.specs.values()];
}
