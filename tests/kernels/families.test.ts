/** The list of families, and that each is tested. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { families } from '../../kernels/families.js';
import { suite } from '../harness/suite.js';

const test = suite('kernels: families');
const names = families.map((cases) => cases.family.name).sort();

test('no family is listed twice', () => {
  assert.deepEqual(names, [...new Set(names)]);
});

test('every family is covered by one test file', () => {
  const folder = new URL('.', import.meta.url);
  const covered = readdirSync(folder)
    .filter((file) => file.endsWith('.test.js'))
    .flatMap((file) => [...readFileSync(new URL(file, folder), 'utf8').matchAll(/testFamilies\(([^)]*)\)/g)])
    .flatMap(([, list]) => [...list!.matchAll(/'([^']+)'/g)].map(([, name]) => name!));
  assert.deepEqual(covered.sort(), names);
});

test.run();
