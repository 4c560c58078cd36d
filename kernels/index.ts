/**
 * The kernel library: families of WGSL kernels with their variants, the preprocessor that makes WGSL of their templates, and
 * the cases (f64 references, random problems, sizes to time) by which each can be tested on any device. Nothing here needs
 * a device.
 */

export { caseRandom, operandValues } from './case-random.js';
export type { CaseRandom, FamilyCases } from './cases.js';
export { KernelError, OnsetError, PreprocessorError } from './errors.js';
export { families } from './families.js';
export * from './kernel.js';
export { type Preprocessed, preprocess } from './preprocessor.js';
export { idealProfiles } from './profiles.js';
export { wgsl } from './wgsl.js';
