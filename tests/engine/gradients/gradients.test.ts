/** Every differentiable operation's gradient rule, on random ragged shapes. */

import assert from 'node:assert/strict';
import { createEngine, type Engine, exp, type Op, scale, type Tensor } from '../../../engine/engine.js';
import { caseRandom, seedOf } from '../../../kernels/case-random.js';
import { effort } from '../../harness/effort.js';
import { suite } from '../../harness/suite.js';
import { denseCases } from './dense-cases.js';
import { elementwiseCases } from './elementwise-cases.js';
import { checkGradient } from './gradient-check.js';
import { lossCases, normCases } from './norm-cases.js';
import { shapeCases } from './shape-cases.js';
import { spectrumCases } from './spectrum-cases.js';

/** Seconds: with a cold driver cache the first dispatch of a large tile compiles for seconds. */
const LIMIT = 600;
const test = suite('gradients');

let engine: Engine | undefined;
test.after(() => engine?.dispose());

/** `exp` whose rule is too large by two percent. */
function expWithWrongRule(x: Tensor): Tensor {
  const right = exp(x).node!.op;
  const wrong: Op = {
    ...right,
    gradient: (context) => right.gradient!(context).map((g) => g && scale(g, 1.02)),
  };
  return x.graph.apply(wrong, [x], exp(x).node!.attrs)[0]!;
}

test('a rule that is two percent off is caught', async () => {
  engine ??= await createEngine();
  const problem = { operands: [{ shape: [3, 4] }], build: ([x]: Tensor[]) => expWithWrongRule(x!) };
  await assert.rejects(checkGradient(engine, problem, caseRandom(1)), /adjoint identity/);
  const single = { ...problem, operands: [{ shape: [1] }] };
  await assert.rejects(checkGradient(engine, single, caseRandom(1)), /differ by more than/);
});

for (const { name, random } of [
  ...elementwiseCases,
  ...shapeCases,
  ...denseCases,
  ...normCases,
  ...lossCases,
  ...spectrumCases,
]) {
  test(
    `${name} is the adjoint of its derivative`,
    async () => {
      engine ??= await createEngine();
      const draw = caseRandom(seedOf(name));
      for (let i = 0; i < effort.problems; i++) await checkGradient(engine, random(draw), draw);
    },
    { limit: LIMIT },
  );
}

test.run();
