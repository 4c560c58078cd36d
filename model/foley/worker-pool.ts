/** Worker threads that make clips ahead of their reader. */
import { Worker } from 'node:worker_threads';
import type { ClipOptions, WorldClip } from './clip.js';
import { FoleyError } from './errors.js';

/** Clips each thread may be ahead by; four 4-second clips are about 3 MB. */
const AHEAD = 4;

interface PendingClip {
  resolve: (clip: WorldClip) => void;
  reject: (error: Error) => void;
}

/** One thread, which answers in the order it is asked. */
class ClipWorker {
  readonly #thread: Worker = new Worker(new URL('./worker.js', import.meta.url));
  readonly #pending: PendingClip[] = [];

  constructor() {
    // Idle threads must not keep a finished program alive.
    this.#thread.unref();
    this.#thread.on('message', (clip: WorldClip) => this.#next()!.resolve(clip));
    this.#thread.on('error', (cause) => {
      // An error that crosses threads has lost its class.
      const error = new FoleyError((cause as Error).message, { cause });
      while (this.#pending.length > 0) this.#next()!.reject(error);
    });
  }

  make(seed: number, options: ClipOptions): Promise<WorldClip> {
    this.#thread.ref();
    return new Promise(
      (resolve, reject) => this.#pending.push({ resolve, reject }) && this.#thread.postMessage({ seed, options }),
    );
  }

  async stop(): Promise<void> {
    // The program must not end before the thread has.
    this.#thread.ref();
    await this.#thread.terminate();
  }

  #next(): PendingClip | undefined {
    const first = this.#pending.shift();
    if (this.#pending.length === 0) this.#thread.unref();
    return first;
  }
}

/**
 * The clips of the seeds, in their order, made by `threads` threads a few clips ahead. Ends its threads when the seeds
 * are used up, when its reader stops early, and on an error.
 *
 * @throws {FoleyError} when a clip cannot be made
 */
export async function* clipsInOrder(
  seeds: Iterable<number>,
  options: ClipOptions,
  threads: number,
): AsyncGenerator<WorldClip, void, undefined> {
  const workerPool = Array.from({ length: threads }, () => new ClipWorker());
  const coming: Promise<WorldClip>[] = [];
  let asked = 0;
  try {
    for (const seed of seeds) {
      const clip = workerPool[asked++ % threads]!.make(seed, options);
      // Whoever awaits it sees the error; a reader who stopped early must not crash the program by it.
      clip.catch(() => {});
      coming.push(clip);
      if (coming.length >= threads * AHEAD) yield await coming.shift()!;
    }
    while (coming.length > 0) yield await coming.shift()!;
  } finally {
    await Promise.all(workerPool.map((worker) => worker.stop()));
  }
}
