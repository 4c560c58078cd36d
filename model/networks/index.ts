/** What families of models are made of: networks with their published parameter names, layers, parameters, compiled plans. */

export {
  type AudioTaggerConfig,
  audioTagger,
  audioTaggerConfig,
  TAGGER_SAMPLE_RATE,
  taggerMel,
} from './audio-tagger.js';
export {
  type AudioLdmVae,
  type AudioLdmVaeConfig,
  audioLdmVae,
  audioLdmVaeConfig,
} from './audioldm-vae.js';
export {
  type ClipVisionConfig,
  clipVision,
  clipVisionConfig,
  clipVisionTokens,
  type VisionTensors,
} from './clip-vision.js';
export { EFFICIENTNET_LITE0, type EfficientNetLiteConfig, efficientNetLite } from './efficientnet-lite.js';
export { type HifiGanConfig, hifiGan, hifiGanConfig, hifiGanLengths } from './hifi-gan.js';
export {
  convNextStack,
  convolve1d,
  convolve2d,
  groupNormalise,
  layerNormalise,
  linear,
  upsample1d,
} from './layers.js';
export { mobileNetV3, mobileNetV3Config, mobileNetV3Width } from './mobilenet-v3.js';
export {
  channelsFirst,
  channelsLast,
  type NamedTensor,
  type NamedTensors,
  namedInput,
  StageInputError,
} from './named-tensors.js';
export { type Cnn14Config, cnn14 } from './panns-cnn14.js';
export {
  countParameters,
  initialValues,
  type ParameterSpec,
  Parameters,
  type ParametersOptions,
} from './parameters.js';
export { compilingStage, PlanCache } from './plan-cache.js';
export {
  type ModelStage,
  neededPath,
  onOwnEngine,
  type StageNeed,
  type StageRequest,
  timedRuns,
} from './stage.js';
export { AudioTagger, meanOfWindows, TAGGER_FILE, TAGGER_WINDOW } from './tag-sounds.js';
export { type UnetConfig, unet2dCondition, unetConfig } from './unet-2d-condition.js';
export { VGGISH_CONVOLUTIONS, VGGISH_EXAMPLE, type VggishConfig, vggish } from './vggish.js';
