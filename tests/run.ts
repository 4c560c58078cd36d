/**
 * Runs the tests: every compiled `*.test.js` of a folder, or those whose path contains the filter. As many processes as
 * there are cores (at most four) take files from one queue, the longest first; what a file writes is shown as a whole when
 * it is done.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { longestFirst } from './harness/order.js';
import type { Job, Report } from './harness/worker.js';

const MOST_PROCESSES = 4;
/** A process that is let go has this long to end by itself. */
const LAST_WORDS_MS = 2000;
const here = dirname(fileURLToPath(import.meta.url));

export interface TestOptions {
  /** Folder of the compiled tests; absent: this one. */
  root?: string;
  /** Only files whose path contains this. */
  filter?: string | undefined;
  /** Every random problem of every kernel, not a few of each. */
  all?: boolean | undefined;
  /** Stops the run and its processes. */
  signal: AbortSignal;
  /** Shows what a file wrote. */
  show(stdout: string, stderr: string): void;
}

/** Runs the tests of the files that match; resolves with the counts. */
export async function runTests(options: TestOptions): Promise<Report> {
  const files = longestFirst(matching(options));
  const sum: Report = { passed: 0, failed: 0, unsupported: [] };
  const add = ({ passed, failed, unsupported }: Report): void => {
    sum.passed += passed;
    sum.failed += failed;
    sum.unsupported.push(...unsupported);
  };
  const folder = mkdtempSync(join(tmpdir(), 'onset-test-'));
  const processes = Math.min(MOST_PROCESSES, availableParallelism(), files.length);
  try {
    await Promise.all(
      Array.from({ length: processes }, async (_, index) => {
        while (files.length > 0 && !options.signal.aborted)
          await runUntilCrash(join(folder, `${index}`), files, options, add);
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  options.signal.throwIfAborted();
  return sum;
}

/** Paths below the root, with `/`. */
function matching({ root = here, filter = '' }: TestOptions): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.test.js') && `tests/${name}`.includes(filter));
}

/**
 * One process that takes files until there are no more. Where it ends in the middle of one, that file has failed and the
 * rest is left to the next process.
 */
async function runUntilCrash(
  path: string,
  files: string[],
  { root = here, all, signal, show }: TestOptions,
  add: (report: Report) => void,
): Promise<void> {
  // Files, because pipes would deliver what was written at no fixed time relative to the report.
  const output = [new Transcript(`${path}.out`), new Transcript(`${path}.err`)] as const;
  const [out, err] = output;
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = fork(join(here, 'harness', 'worker.js'), [root, ...(all ? ['--all'] : [])], {
    stdio: ['ignore', out.fd, err.fd, 'ipc'],
    env: { ...colour, ...process.env },
    // Not hit by the terminal's Ctrl-C: it ends when it is let go, and removes its temporary files.
    detached: true,
  });
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, ended) => resolve(ended ?? `exit code ${code}`));
    child.on('error', (error) => resolve(error.message));
  });
  const end = (): void => {
    if (child.connected) child.disconnect();
    setTimeout(() => child.kill('SIGKILL'), LAST_WORDS_MS).unref();
  };
  signal.addEventListener('abort', end);
  try {
    let file: string | null;
    do {
      file = files.shift() ?? null;
      child.send({ file } satisfies Job, () => {});
      const outcome = await Promise.race([gone, nextReport(child)]);
      show(out.unread(), err.unread());
      if (typeof outcome !== 'string') {
        add(outcome);
        continue;
      }
      if (signal.aborted) return;
      show(`FAIL ${file ? `tests/${file}` : 'cleanup'}: its process ended with ${outcome}\n`, '');
      add({ passed: 0, failed: 1, unsupported: [] });
      return;
    } while (file !== null);
  } finally {
    signal.removeEventListener('abort', end);
    end();
    await gone;
    for (const transcript of output) transcript.close();
  }
}

function nextReport(child: ChildProcess): Promise<Report> {
  return new Promise((resolve) => void child.once('message', (report) => resolve(report as Report)));
}

/** A file that a process writes and this one reads as it grows. */
class Transcript {
  readonly fd: number;
  /** Where the next reading begins: a process before this one may have written to the file too. */
  #read: number;

  constructor(path: string) {
    this.fd = openSync(path, 'a+');
    this.#read = fstatSync(this.fd).size;
  }

  /** What was written since the last call. */
  unread(): string {
    const bytes = Buffer.alloc(fstatSync(this.fd).size - this.#read);
    this.#read += readSync(this.fd, bytes, 0, bytes.length, this.#read);
    return bytes.toString();
  }

  close(): void {
    closeSync(this.fd);
  }
}
