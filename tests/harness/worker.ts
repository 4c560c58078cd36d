/**
 * `worker.js ROOT [--all]`, one process of a test run: runs the files that `tests/run.ts` names, one after another, on a device of its own, and
 * reports each one's counts. What it writes is shown by the parent when the file is done.
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { queue } from './defer-uvu.js';
import { cleanups, unsupported } from './suite.js';

/** From the parent: the file to run, relative to the folder of tests; `null` after the last. */
export interface Job {
  file: string | null;
}

/** To the parent: what came of a file, or of the cleanups after the last one. */
export interface Report {
  passed: number;
  failed: number;
  /** Tests that this machine cannot run, as `test: reason`. */
  unsupported: string[];
}

/** The folder of tests. */
const root = process.argv[2]!;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function describe(what: string, error: unknown): string {
  return `FAIL ${what}\n${error instanceof Error ? (error.stack ?? `${error}`) : `threw ${String(error)}`}\n`;
}

async function runFile(file: string): Promise<Report> {
  const name = `tests/${file.replace(/js$/, 'ts')}`;
  const report: Report = { passed: 0, failed: 0, unsupported: [] };
  const began = performance.now();
  queue.length = 0;
  try {
    await import(pathToFileURL(join(root, file)).href);
    if (queue.length === 0) throw new Error('the file queues no suite; does it end with test.run()?');
  } catch (error) {
    say(describe(`${name} could not be loaded`, error));
    return { ...report, failed: 1 };
  }
  let all = 0;
  for (const runSuite of queue.splice(0)) {
    const [errors, ran, , total] = await runSuite();
    report.passed += ran;
    report.failed += total - ran;
    all += total;
    if (errors !== true) say(errors);
  }
  report.unsupported = unsupported.splice(0);
  report.passed -= report.unsupported.length;
  say(`     ${name}  ${all} tests, ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return report;
}

async function cleanUp(): Promise<Report> {
  let failed = 0;
  for (const cleanup of cleanups.splice(0).reverse()) {
    try {
      await cleanup();
    } catch (error) {
      failed++;
      say(describe('cleanup', error));
    }
  }
  return { passed: 0, failed, unsupported: [] };
}

process.on('message', async ({ file }: Job) => process.send!(file === null ? await cleanUp() : await runFile(file)));
// Let go, at the end or in the middle of a file; Dawn's threads would keep the process alive.
process.once('disconnect', async () => {
  await cleanUp();
  process.exit();
});
