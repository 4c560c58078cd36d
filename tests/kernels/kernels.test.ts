/** Every variant of every family against its f64 reference. */

import assert from 'node:assert/strict';
import { families } from '../../kernels/families.js';
import { suite } from '../harness/suite.js';
import { sharedBench } from './bench-device.js';
import { checkVariant } from './harness.js';

const test = suite('kernels');

/** Seconds: with a cold driver cache the first dispatch of a large tile compiles for seconds. */
const LIMIT = 600;

for (const cases of families) {
  for (const { name } of cases.family.variants) {
    test(
      `${cases.family.name} / ${name} agrees with the reference where the device can run it`,
      async () => {
        const outcome = await checkVariant(await sharedBench(), cases, name);
        assert.equal(outcome.status === 'failed', false, outcome.failures.slice(0, 3).join('\n'));
      },
      { limit: LIMIT },
    );
  }
}

test('no family is listed twice', () => {
  const names = families.map((cases) => cases.family.name);
  assert.deepEqual(names, [...new Set(names)]);
});

test.run();
