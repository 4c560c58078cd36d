/**
 * A thin wrapper over uvu that the whole test tree uses.
 *
 * uvu counts suites on its own and prints its own summary; a run must instead end with one line, `N passed, N failed`,
 * over every file. So tests register here, in order, and `tests/run.ts` runs them one after another with a time limit.
 */

export interface TestCase {
  suite: string;
  name: string;
  body: () => void | Promise<void>;
  /** Seconds after which the test counts as failed. */
  limit: number;
}

/** Every registered test, in order of registration. */
export const registered: TestCase[] = [];

/** Work to do after all tests of the run, such as destroying devices. */
export const cleanups: (() => void | Promise<void>)[] = [];

export interface Suite {
  (name: string, body: () => void | Promise<void>, options?: { limit?: number }): void;
  after(cleanup: () => void | Promise<void>): void;
  /** Marks the end of the suite; kept so that files read like uvu's. */
  run(): void;
}

export function suite(suiteName: string): Suite {
  const test = ((name, body, options) => {
    registered.push({ suite: suiteName, name, body, limit: options?.limit ?? 120 });
  }) as Suite;
  test.after = (cleanup) => void cleanups.push(cleanup);
  test.run = () => {};
  return test;
}
