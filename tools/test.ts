/** `node engine test [FILTER]`: every test, or those in files whose path contains the filter. */

import type { Command } from 'commander';
import { interruptible } from './interrupt.js';
import { result } from './terminal.js';

/** `runTests` of `tests/run.ts`. Tests may use tools, so tools must not import tests. */
type RunTests = (options: {
  filter: string | undefined;
  all: boolean | undefined;
  signal: AbortSignal;
  show(stdout: string, stderr: string): void;
}) => Promise<{ passed: number; failed: number; unsupported: string[] }>;

export function register(program: Command): void {
  program
    .command('test')
    .description(
      'run the tests; the last line is `N passed, N failed`, and `, N skipped` where the device cannot run some',
    )
    .argument('[filter]', 'part of a path below tests/, such as kernels/matmul')
    .option('--all', 'every random problem of every kernel variant, not a few of each')
    .action(async (filter: string | undefined, { all }: { all?: boolean }) => {
      const { runTests } = (await import(new URL('../tests/run.js', import.meta.url).href)) as { runTests: RunTests };
      const { passed, failed, unsupported } = await interruptible((signal) => runTests({ filter, all, signal, show }));
      const skipped = unsupported.length;
      if (passed + failed + skipped === 0) result(`no test file's path contains '${filter ?? ''}'`);
      if (skipped > 0) result(`${skipped} unsupported on this device:\n  ${unsupported.sort().join('\n  ')}`);
      result(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
      process.exitCode = failed > 0 || passed + skipped === 0 ? 1 : 0;
    });
}

function show(stdout: string, stderr: string): void {
  process.stderr.write(stderr);
  if (stdout !== '') result(stdout.trimEnd());
}
