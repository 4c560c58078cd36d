/** Words for people on stderr, results on stdout, a progress bar where there is a terminal. */

import { writeSync } from 'node:fs';
import { Presets, SingleBar } from 'cli-progress';

/** One line for people. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** One line of results. Written at once, so that `process.exit` cannot cut it off. */
export function result(text: string): void {
  let bytes = Buffer.from(`${text}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      // A pipe whose reader is slow; a reader that has gone wants no more.
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return;
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** A time to wait, such as `4 s`, `3 min 20 s` or `2 h 5 min`. */
export function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.round(seconds)} s`;
}

/** The launcher hands stderr on through a filter; this gives it back the looks of the terminal that it ends in. */
export function restoreTerminal(): void {
  const columns = Number(process.env.ONSET_STDERR_COLUMNS);
  if (!(columns > 0) || process.stderr.isTTY) return;
  Object.defineProperties(process.stderr, { isTTY: { value: true }, columns: { value: columns, writable: true } });
}

export interface Progress {
  /** `done` of `total` of a stage. */
  update(stage: string, done: number, total: number): void;
  stop(): void;
}

/** A bar with the time left on a terminal; without one, a line for each stage that begins. */
export function progress(title: string): Progress {
  if (!process.stderr.isTTY) {
    let last = '';
    return {
      update(stage) {
        if (stage !== last) say(`${title}: ${stage}`);
        last = stage;
      },
      stop() {},
    };
  }
  const bar = new SingleBar(
    {
      stream: process.stderr,
      format: `${title} {bar} {percentage}%  {stage}  {eta_formatted} left`,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 30,
      linewrap: null,
    },
    Presets.shades_classic,
  );
  let current: string | undefined;
  return {
    update(stage, done, total) {
      // Each stage has its own pace, so each has its own estimate.
      if (stage !== current) {
        if (current !== undefined) bar.stop();
        bar.start(total, done, { stage });
        current = stage;
      }
      bar.setTotal(total);
      bar.update(done, { stage });
    },
    stop() {
      if (current !== undefined) bar.stop();
    },
  };
}
