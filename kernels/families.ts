/** Every kernel family's cases: what the harness tests, the compile check compiles and `bench` times. */

import type { FamilyCases } from './cases.js';
import { convCases, inputGradientCases, weightGradientCases } from './conv/cases.js';
import { cases as elementwise } from './elementwise/cases.js';
import type { Problem } from './kernel.js';
import { cases as layout } from './layout/cases.js';
import { matmulCases } from './matmul/cases.js';
import { cases as reduce } from './reduce/cases.js';
import { istftCases, stftCases } from './stft/cases.js';

export const families: readonly FamilyCases<Problem>[] = [
  matmulCases,
  convCases,
  inputGradientCases,
  weightGradientCases,
  stftCases,
  istftCases,
  elementwise,
  ...reduce,
  ...layout,
];
