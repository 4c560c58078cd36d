/** Several threads that make clips ahead of the one who takes them. */
import { Worker } from 'node:worker_threads';
import type { ClipOptions, WorldClip } from './clip.js';

/** Clips each thread may be ahead by; four 4-second clips are about 3 MB. */
const AHEAD = 4;

/** One thread, which answers in the order it is asked. */
class ClipMaker {
  private readonly thread: Worker = new Worker(new URL('./worker.js', import.meta.url));
  private readonly waiting: { resolve: (clip: WorldClip) => void; reject: (error: Error) => void }[] = [];

  constructor() {
    // Idle threads must not keep a finished program alive.
    this.thread.unref();
    this.thread.on('message', (clip: WorldClip) => this.answered()!.resolve(clip));
    this.thread.on('error', (error) => {
      while (this.waiting.length > 0) this.answered()!.reject(error as Error);
    });
  }

  make(seed: number, options: ClipOptions): Promise<WorldClip> {
    this.thread.ref();
    return new Promise(
      (resolve, reject) => this.waiting.push({ resolve, reject }) && this.thread.postMessage({ seed, options }),
    );
  }

  async stop(): Promise<void> {
    // The program must not end before the thread has.
    this.thread.ref();
    await this.thread.terminate();
  }

  private answered(): (typeof this.waiting)[number] | undefined {
    const first = this.waiting.shift();
    if (this.waiting.length === 0) this.thread.unref();
    return first;
  }
}

/**
 * The clips of the seeds, in their order, made by `threads` threads a few clips ahead. Ends its threads when the seeds
 * are used up, when its reader stops early, and on an error.
 */
export async function* clipsInOrder(
  seeds: Iterable<number>,
  options: ClipOptions,
  threads: number,
): AsyncGenerator<WorldClip, void, undefined> {
  const crew = Array.from({ length: threads }, () => new ClipMaker());
  const coming: Promise<WorldClip>[] = [];
  let asked = 0;
  try {
    for (const seed of seeds) {
      const clip = crew[asked++ % threads].make(seed, options);
      // Whoever awaits it sees the error; a reader who stopped early must not crash the program by it.
      clip.catch(() => {});
      coming.push(clip);
      if (coming.length >= threads * AHEAD) yield await coming.shift()!;
    }
    while (coming.length > 0) yield await coming.shift()!;
  } finally {
    await Promise.all(crew.map((maker) => maker.stop()));
  }
}
