/**
 * uvu, with a time limit for each test and cleanups for the whole run. A file's suites wait in uvu's queue until
 * `tests/run.ts` runs them: that is how a run over many files can end with one line, `N passed, N failed`.
 */

import './defer-uvu.js';
import * as uvu from 'uvu';

/** Work to do after all tests of the run, such as destroying devices. */
export const cleanups: (() => void | Promise<void>)[] = [];

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
    inner(testName, () => withinLimit(body, limit));
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
