/**
 * Runs the tests: every compiled `*.test.js` below this file, or those whose path contains the filter. uvu runs the suites
 * and shows them; failures come with their stack as they happen.
 */

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { queue } from './harness/defer-uvu.js';
import { cleanups } from './harness/suite.js';

/** Runs the tests of the files that match; resolves with the counts. `say` prints one line. */
export async function runTests(
  filter: string | undefined,
  say: (line: string) => void,
): Promise<{ passed: number; failed: number }> {
  const root = dirname(fileURLToPath(import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.test.js') && (!filter || `tests/${name}`.includes(filter)))
    .sort();
  let passed = 0;
  let failed = 0;
  const fail = (what: string, error: unknown): void => {
    failed++;
    say(`FAIL ${what}\n${error instanceof Error ? (error.stack ?? `${error}`) : `threw ${String(error)}`}\n`);
  };
  for (const file of files) {
    const began = performance.now();
    queue.length = 0;
    try {
      await import(pathToFileURL(join(root, file)).href);
    } catch (error) {
      fail(`tests/${file}: could not be loaded`, error);
      continue;
    }
    if (queue.length === 0) fail(`tests/${file}`, new Error('the file queues no suite; does it end with test.run()?'));
    let all = 0;
    for (const runSuite of queue.splice(0)) {
      const [errors, ran, , total] = await runSuite();
      passed += ran;
      failed += total - ran;
      all += total;
      if (errors !== true) say(errors);
    }
    say(`     tests/${file.replace(/js$/, 'ts')}  ${all} tests, ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
  for (const cleanup of cleanups.reverse()) {
    try {
      await cleanup();
    } catch (error) {
      fail('cleanup', error);
    }
  }
  return { passed, failed };
}
