/** Measures of generated sound (onset F1, envelope correlation, STFT distance), the clips to measure on, and controls. */

export { proceduralClips, realClips } from './clips.js';
export { type Evaluation, evaluate } from './evaluate.js';
