/** What training and evaluation use of the model. */

export { type Alignment, predictedTracks, SUBSTEPS, TRACKS } from './alignment.js';
export { type ModelConfig, modelConfig } from './config.js';
export { extractFeatures } from './extract-features.js';
export { CELL_FEATURES, FLOW_PER_TOKEN, GRID } from './flow-encoder.js';
export { FlowExtractor } from './flow-extractor.js';
export {
  cellFeatures,
  FLOW_CHANNELS,
  FLOW_SHAPE,
  type FlowClip,
  flowAt,
  tokenFeatures,
} from './flow-features.js';
export { buildModel, type OnsetModel, TOKEN_RATE } from './model.js';
export { logMelFrames, SAMPLE_RATE } from './spectral-codec.js';
