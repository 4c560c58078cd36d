/** The model as a library: sound for clips, and the parts it is made of. */

export { Parameters } from './networks/parameters.js';
export { type ModelConfig, modelConfig } from './onset/config.js';
export { FlowExtractor } from './onset/flow-extractor.js';
export type { FlowClip } from './onset/flow-features.js';
export { buildModel, type OnsetModel, TOKEN_RATE } from './onset/model.js';
export {
  DEFAULTS,
  type GeneratedSound,
  type GenerateOptions,
  Pipeline,
  type SeenClip,
  UnknownSoundError,
} from './onset/pipeline.js';
export { shippedWeights } from './onset/shipped-weights.js';
export { type SoundForClipOptions, soundForClip } from './sound-for-clip.js';
