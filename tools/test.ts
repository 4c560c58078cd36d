/** `node engine test [FILTER]`: every test, or those in files whose path contains the filter. */

import type { Command } from 'commander';
import { result } from './terminal.js';

export function register(program: Command): void {
  program
    .command('test')
    .description('run the tests; the last line is `N passed, N failed`')
    .argument('[filter]', 'part of a path below tests/, such as kernels/matmul')
    .action(async (filter: string | undefined) => {
      // By address, not by import: tests may use tools, and tools must not depend on tests.
      const { runTests } = (await import(new URL('../tests/run.js', import.meta.url).href)) as {
        runTests: (
          filter: string | undefined,
          say: (line: string) => void,
        ) => Promise<{ passed: number; failed: number }>;
      };
      const { passed, failed } = await runTests(filter, result);
      if (passed + failed === 0) result(`no test file's path contains '${filter ?? ''}'`);
      result(`${passed} passed, ${failed} failed`);
      process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
    });
}
