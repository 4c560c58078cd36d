/** The model as a library: sound for clips, and the parts it is made of. */

export { type ModelConfig, modelConfig } from './config.js';
export { FlowExtractor } from './flow-extractor.js';
export type { FlowClip } from './flow-features.js';
export { buildModel, type OnsetModel, TOKEN_RATE } from './model.js';
export { Parameters } from './parameters.js';
export {
  DEFAULTS,
  type GeneratedSound,
  type GenerateOptions,
  Pipeline,
  type SeenClip,
  UnknownSoundError,
} from './pipeline.js';
export { shippedWeights } from './shipped-weights.js';
export { type SoundForClipOptions, soundForClip } from './sound-for-clip.js';
