/** Measures of generated sound, the clips to measure on, controls, and the report. */

export { proceduralClips, realClips } from './datasets/clips.js';
export { type Evaluation, evaluate } from './evaluate.js';
export type * from './report/report.js';
