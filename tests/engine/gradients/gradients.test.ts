/** Every differentiable operation's gradient rule, on random ragged shapes. */

import { createEngine, type Engine } from '../../../engine/engine.js';
import { caseRandom, seedOf } from '../../../kernels/case-random.js';
import { suite } from '../../harness/suite.js';
import { denseCases } from './dense-cases.js';
import { elementwiseCases } from './elementwise-cases.js';
import { checkGradient } from './gradient-check.js';
import { lossCases, normCases } from './norm-cases.js';
import { shapeCases } from './shape-cases.js';
import { spectrumCases } from './spectrum-cases.js';

const PROBLEMS = 30;
const test = suite('gradients');

let engine: Engine | undefined;
test.after(() => engine?.dispose());

for (const { name, random } of [
  ...elementwiseCases,
  ...shapeCases,
  ...denseCases,
  ...normCases,
  ...lossCases,
  ...spectrumCases,
]) {
  test(`${name} is the adjoint of its derivative`, async () => {
    engine ??= await createEngine();
    const draw = caseRandom(seedOf(name));
    for (let i = 0; i < PROBLEMS; i++) await checkGradient(engine, random(draw), draw);
  });
}

test.run();
