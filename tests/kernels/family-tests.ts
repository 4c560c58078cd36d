/** Every variant of families against their f64 reference; a test file names the families that it covers. */

import assert from 'node:assert/strict';
import { families } from '../../kernels/families.js';
import { suite, Unsupported } from '../harness/suite.js';
import { sharedBench } from './bench-device.js';
import { checkVariant } from './harness.js';

/** Seconds: with a cold driver cache the first dispatch of a large tile compiles for seconds. */
const LIMIT = 600;

/** Queues a suite for the named families. `families.test.ts` finds the names in the text of the test files. */
export function testFamilies(...names: string[]): void {
  const test = suite(`kernels: ${names[0]}`);
  for (const name of names) {
    const cases = families.find((each) => each.family.name === name);
    assert.ok(cases, `there is no family '${name}'; there are ${families.map((each) => each.family.name).join(', ')}`);
    for (const variant of cases.family.variants) {
      test(
        `${name} / ${variant.name}`,
        async () => {
          const outcome = await checkVariant(await sharedBench(), cases, variant.name);
          if (outcome.status === 'unsupported') throw new Unsupported(outcome.reason);
          assert.equal(outcome.status, 'passed', outcome.failures.slice(0, 3).join('\n'));
        },
        { limit: LIMIT },
      );
    }
  }
  test.run();
}
