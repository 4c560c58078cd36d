/**
 * uvu, with a time limit for each test, tests that find out while they run that they cannot, and cleanups for the whole
 * process. A file's suites wait in uvu's queue until `tests/harness/worker.ts` runs them.
 */

import './defer-uvu.js';
import * as uvu from 'uvu';

/** Work to do after all tests of the process, such as destroying devices. */
export const cleanups: (() => void | Promise<void>)[] = [];

/** Thrown by a test that this machine cannot run: it counts as skipped, and the run says why. */
export class Unsupported extends Error {
  override name = 'Unsupported';
}

/** Tests that threw `Unsupported`, as `test: reason`; whoever counts them empties it. */
export const unsupported: string[] = [];

export interface Suite {
  /** Registers a test; `limit` is in seconds. */
  (name: string, body: () => void | Promise<void>, options?: { limit?: number }): void;
  after(cleanup: () => void | Promise<void>): void;
  /** Ends the suite: puts it into the queue. */
  run(): void;
}

export function suite(name: string): Suite {
  const inner = uvu.suite(name);
  const test = ((testName, body, { limit = 120 } = {}) => {
    inner(testName, async () => {
      try {
        await withinLimit(body, limit);
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        unsupported.push(`${testName}: ${error.message}`);
      }
    });
  }) as Suite;
  test.after = (cleanup) => void cleanups.push(cleanup);
  test.run = () => inner.run();
  return test;
}

/** Fails a test that is not done within its limit; what it left running is not waited for. */
async function withinLimit(body: () => void | Promise<void>, seconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than its limit of ${seconds} s`)), seconds * 1000);
  });
  try {
    await Promise.race([body(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
