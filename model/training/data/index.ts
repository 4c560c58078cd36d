/** Training data: clips of the foley world and of footage, crops of them, and their latents. */

export { type AugmentationConfig, augmentationConfig, DEFAULT_AUGMENTATION } from './augmentation.js';
export { ClipMixture } from './clip-mixture.js';
export { type DataConfig, dataConfig } from './config.js';
export { type CropOptions, concatTracks, drawCrop, joinNeighbors, stackCrops } from './crops.js';
export { footageClips } from './footage-clips.js';
export { manifestPath } from './footage-manifest.js';
export { selectFootage } from './footage-selection.js';
export { addLatents } from './latents.js';
export { SoundFolderError, soundFolder } from './sound-folder.js';
export { type SoundClip, SoundMixture, type SoundSource } from './sound-mixture.js';
export { type DataOptions, runningSquares, type TrainingClip, toInt16 } from './training-clip.js';
export { worldClips, worldSounds } from './world-clips.js';
