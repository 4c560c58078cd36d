/**
 * The model, free of Node: the interface of video-to-audio models, our own model's parts, and its pipeline from optical
 * flow to sound. With files, folders and video decoding: `sound-for-clip.ts`, the entry for Node.
 */

export { FlowExtractor } from './onset/flow-extractor.js';
export {
  ONSET_DEFAULTS,
  OnsetPipeline,
  type PipelineOptions,
  type PipelineSound,
  type VisualFeatures,
} from './onset/pipeline.js';
export * from './video-to-audio.js';
