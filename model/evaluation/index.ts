/** Measures of generated sound, the clips to measure on, controls, and the report. */

export { ablate } from './ablation/ablate.js';
export { ablationTable } from './ablation/results-table.js';
export { readAblationTable } from './ablation/table.js';
export type { Dataset } from './datasets/dataset.js';
export { readDataset } from './datasets/manifest.js';
export { proceduralDataset } from './datasets/procedural.js';
export { evaluate } from './evaluate.js';
export { writeReport } from './report/html.js';
export type * from './report/report.js';
export { textTable } from './report/text-table.js';
export { SoundStore } from './sound-store.js';
export { findSystem, modelControls } from './systems/find-system.js';
export { OnsetTagger } from './taggers/onset-tagger.js';
export { openTagger } from './taggers/open-tagger.js';
export type { SoundTagger } from './taggers/tagger.js';
