/** Every kernel family's cases: what the harness tests, the compile check compiles and `bench` times. */

import { attentionCases } from './attention/cases.js';
import type { FamilyCases } from './cases.js';
import { convCases, inputGradientCases, weightGradientCases } from './conv/cases.js';
import { cases as elementwise } from './elementwise/cases.js';
import { cases as flow } from './flow/cases.js';
import type { Problem } from './kernel.js';
import { cases as layout } from './layout/cases.js';
import { matmulCases } from './matmul/cases.js';
import { cases as norm } from './norm/cases.js';
import { cases as optimizer } from './optimizer/cases.js';
import { cases as random } from './random/cases.js';
import { cases as reduce } from './reduce/cases.js';
import { cases as resize } from './resize/cases.js';
import { cases as rope } from './rope/cases.js';
import { istftCases, modulusCases, modulusGradientCases, stftCases } from './stft/cases.js';

export const families: readonly FamilyCases<Problem>[] = [
  matmulCases,
  attentionCases,
  convCases,
  inputGradientCases,
  weightGradientCases,
  stftCases,
  istftCases,
  modulusCases,
  modulusGradientCases,
  flow,
  resize,
  elementwise,
  ...reduce,
  ...norm,
  ...layout,
  ...rope,
  ...random,
  ...optimizer,
];
