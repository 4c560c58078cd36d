/** What is in the images of a clip, and which sounds follow from it. */

export {
  appearanceFormat,
  type ClassifiedClip,
  type Classifier,
  classifyScenes,
  type Scene,
  SceneClassifier,
} from './classify-scenes.js';
export { ImageClassifier } from './image-classifier.js';
export { nearestClass, soundClasses } from './sound-classes.js';
export { APPEARANCE_STAGES } from './stage.js';
