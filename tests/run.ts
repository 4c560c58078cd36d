/**
 * Runs the tests: every compiled `*.test.js` below this file, or those whose path contains the filter. Failures are printed
 * with their stack as they happen; the last line is `N passed, N failed`. Each suite is one uvu suite; uvu's own summary is
 * replaced, because it counts a file at a time.
 */

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cleanups, registered, type TestCase } from './harness/suite.js';

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
  const fail = (name: string, error: unknown): void => {
    failed++;
    say(`FAIL ${name}\n${error instanceof Error ? (error.stack ?? `${error}`) : `threw ${String(error)}`}\n`);
  };
  for (const file of files) {
    const before = registered.length;
    try {
      await import(pathToFileURL(join(root, file)).href);
    } catch (error) {
      fail(`tests/${file}: could not be loaded`, error);
      continue;
    }
    const began = performance.now();
    const tests = registered.slice(before);
    const failedBefore = failed;
    if (tests.length === 0) fail(`tests/${file}: registers no test`, new Error('a test file without tests'));
    for (const test of tests) {
      try {
        await withLimit(test);
        passed++;
      } catch (error) {
        fail(`${test.suite}: ${test.name}`, error);
      }
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const mark = failed === failedBefore ? 'ok  ' : 'FAIL';
    say(`${mark} tests/${file.replace(/js$/, 'ts')}  ${tests.length} tests, ${seconds} s`);
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

/** Fails a test that is not done within its limit; what it left running is not waited for. */
async function withLimit(test: TestCase): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than its limit of ${test.limit} s`)), test.limit * 1000);
  });
  try {
    await Promise.race([test.body(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
