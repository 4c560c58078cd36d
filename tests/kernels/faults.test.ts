/** The harness itself: faults planted in copies of real templates must be caught, and the unharmed ones must pass. */

import assert from 'node:assert/strict';
import { detectRaces } from 'wgsl_reflect/wgsl_reflect.module.js';
import type { FamilyCases } from '../../kernels/cases.js';
import type { Problem } from '../../kernels/kernel.js';
import { matmulCases } from '../../kernels/matmul/cases.js';
import { preprocess } from '../../kernels/preprocessor.js';
import { cases as reduceFamilies } from '../../kernels/reduce/cases.js';
import { wgsl } from '../../kernels/wgsl.js';
import { suite } from '../harness/suite.js';
import { sharedBench } from './bench-device.js';
import { checkVariant } from './harness.js';

const test = suite('planted faults');
const EFFORT = { problems: 8, pipelines: 6 };
const reduceCases = reduceFamilies[0]!;

/** Puts a copy of a template with `from` replaced by `to` under another name, which it gives back. */
function plant(template: string, from: string, to: string, fault: string): string {
  const faulty = wgsl[template]!.replaceAll(from, to);
  assert.notEqual(faulty, wgsl[template], `${template}.wgsl no longer has '${from}'; plant the fault elsewhere`);
  wgsl[`${template}@${fault}`] = faulty;
  return `${template}@${fault}`;
}

/** The family with one template in place of another. */
function withTemplate(cases: FamilyCases<Problem>, from: string, to: string): FamilyCases<Problem> {
  const variants = cases.family.variants.map((variant) => ({
    ...variant,
    lower(...args: Parameters<typeof variant.lower>) {
      const lowering = variant.lower(...args);
      return {
        ...lowering,
        calls: lowering.calls.map((call) => (call.template === from ? { ...call, template: to } : call)),
      };
    },
  }));
  return { ...cases, family: { name: cases.family.name, variants } };
}

async function failuresOf(cases: FamilyCases<Problem>, variant: string): Promise<string> {
  const outcome = await checkVariant(await sharedBench(), cases, variant, EFFORT);
  return outcome.failures.join('\n');
}

test('a wrong tile bound is seen in the guard words', async () => {
  const template = plant(
    'matmul/naive',
    'params.batch * params.m * params.n)',
    'params.batch * params.m * params.n + 3u)',
    'bound',
  );
  const failures = await failuresOf(withTemplate(matmulCases, 'matmul/naive', template), 'naive');
  assert.match(failures, /written to output 0, 0 bytes past its end/);
});

test('a bound that stops short leaves poison in the output', async () => {
  const template = plant(
    'matmul/naive',
    'params.batch * params.m * params.n)',
    'params.batch * params.m * params.n - 1u)',
    'short',
  );
  const failures = await failuresOf(withTemplate(matmulCases, 'matmul/naive', template), 'naive');
  assert.match(failures, /output 0 is off by NMSE NaN/);
});

test('a transposed weight is off', async () => {
  const template = plant('matmul/naive', '#if TRANSPOSE_B', '#if !TRANSPOSE_B', 'transposed');
  const failures = await failuresOf(withTemplate(matmulCases, 'matmul/naive', template), 'naive');
  assert.match(failures, /output 0 is off by NMSE \d/);
});

test('a missing barrier is off', async () => {
  const lanes = plant('reduce/lanes', 'workgroupBarrier();', '', 'barrier');
  const template = plant('reduce/row', '#include reduce/lanes', `#include ${lanes}`, 'barrier');
  const failures = await failuresOf(withTemplate(reduceCases, 'reduce/row', template), 'row-workgroup');
  assert.match(failures, /output 0 is off by NMSE/);
});

test('a missing barrier is seen as a race without a GPU', () => {
  const racesOf = (template: string): number => {
    const defines = { KIND: 'sum', SQUARE: false, IN_TYPE: 'f32', OUT_TYPE: 'f32', VEC: 1, LANES: 32, SUBGROUP: false };
    const params = new Uint32Array([1, 100, 100, 1, 0, 0]);
    new Float32Array(params.buffer)[5] = 1;
    const { races, errors } = detectRaces(preprocess(template, defines, wgsl).code, 'main', [1, 1, 1], {
      0: { 0: new Float32Array(100).fill(1), 1: new Float32Array(1), 2: { uniform: params } },
    });
    assert.deepEqual(errors, []);
    return races.length;
  };
  const lanes = plant('reduce/lanes', 'workgroupBarrier();', '', 'race');
  const template = plant('reduce/row', '#include reduce/lanes', `#include ${lanes}`, 'race');
  assert.equal(racesOf('reduce/row'), 0);
  assert.ok(racesOf(template) > 0);
});

test('the unharmed templates pass', async () => {
  assert.equal(await failuresOf(matmulCases, 'naive'), '');
  assert.equal(await failuresOf(reduceCases, 'row-workgroup'), '');
});

test.run();
