/**
 * Streams pictures into optical flow on the GPU, a batch of pairs at a time. Flow is zero across cuts and while a picture
 * stands still.
 */

import { type Engine, Graph, opticalFlow, type Plan, type RunOptions } from '../../engine/engine.js';
// By its own file: the room's index needs Node, and flow is extracted in browsers too.
import { CutDetector } from '../media/cuts.js';
import { GRID } from './flow-encoder.js';
import { FLOW_CHANNELS, type FlowClip } from './flow-features.js';

/** Pairs in one run of the plan. */
const BATCH = 32;
/** Frames whose mean difference (of 255) is below this are one frame shown again: the next distinct one counts. */
const SAME = 0.15;
/** A frame that is shown for longer is a still: footage has four distinct frames a second at least. */
const STILL_SECONDS = 0.26;
/** Time between frames is never taken to be less, so that broken time stamps cannot make infinite speeds. */
const LEAST_SECONDS = 1e-3;

/** Flow of a pair of frames, or stillness at a time. */
interface Row {
  /** Seconds at which the flow counts. */
  middle: number;
  /** Seconds of the pair's second frame, or those of the stillness. */
  end: number;
  /** [8, 8, 5], once it is computed; none where nothing moves. */
  cells?: Float32Array;
}

interface Pair {
  first: Uint8Array;
  second: Uint8Array;
  seconds: number;
  row: Row;
}

/** A frame, and until when it was seen again. */
interface Shown {
  pixels: Uint8Array;
  time: number;
  until: number;
}

export class FlowExtractor {
  /** Changes when the flow that comes out does; caches of flow are kept by it. */
  static readonly version: string = 'lk-2';

  readonly #engine: Engine;
  readonly #width: number;
  readonly #height: number;
  readonly #detector: CutDetector;
  #plan: Promise<Plan> | null = null;
  #last: Shown | null = null;
  #pairs: Pair[] = [];
  #rows: Row[] = [];
  /** Times of the first frames after cuts. */
  readonly #cuts = new Set<number>();

  readonly #options: Pick<RunOptions, 'onCompiling'>;

  /** Sides are multiples of 32. */
  constructor(engine: Engine, width: number, height: number, options: Pick<RunOptions, 'onCompiling'> = {}) {
    this.#engine = engine;
    this.#width = width;
    this.#height = height;
    this.#detector = new CutDetector(width, height);
    this.#options = options;
  }

  /** The next grey picture of the clip, at its own time in seconds. */
  async push(pixels: Uint8Array, time: number): Promise<void> {
    for (const cut of this.#detector.push(pixels, time).cuts) this.#cuts.add(cut.time);
    const last = this.#last;
    if (last && meanDifference(last.pixels, pixels) < SAME) {
      last.until = time;
      return;
    }
    const kept = pixels.slice();
    this.#last = { pixels: kept, time, until: time };
    if (last) await this.#pair(last, kept, time);
  }

  /** Flow of the clip that was pushed; the extractor is then ready for another one. */
  async finish(): Promise<FlowClip> {
    await this.#flush();
    for (const cut of this.#detector.finish()) this.#cuts.add(cut.time);
    const frame = GRID * GRID * FLOW_CHANNELS;
    const grid = new Float32Array(this.#rows.length * frame);
    for (const [i, { cells, end }] of this.#rows.entries())
      if (cells && !this.#cuts.has(end)) grid.set(cells, i * frame);
    const midTimes = Float64Array.from(this.#rows, ({ middle }) => middle);
    this.#last = null;
    this.#rows = [];
    this.#cuts.clear();
    return { grid, midTimes };
  }

  /** A whole clip in memory: pictures [n, height, width] and their times. */
  async extract(frames: Uint8Array, times: ArrayLike<number>): Promise<FlowClip> {
    const size = this.#width * this.#height;
    for (let i = 0; i < times.length; i++) await this.push(frames.subarray(i * size, (i + 1) * size), times[i]!);
    return this.finish();
  }

  async #pair(last: Shown, second: Uint8Array, time: number): Promise<void> {
    const from = motionStart(last, time);
    if (from > last.time) for (const still of [last.time, from]) this.#rows.push({ middle: still, end: still });
    const row: Row = { middle: (time + from) / 2, end: time };
    this.#rows.push(row);
    this.#pairs.push({ first: last.pixels, second, seconds: Math.max(LEAST_SECONDS, time - from), row });
    if (this.#pairs.length === BATCH) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#pairs.length === 0) return;
    const size = this.#width * this.#height;
    this.#plan ??= this.#compile();
    const plan = await this.#plan;
    const first = new Float32Array(BATCH * size);
    const second = new Float32Array(BATCH * size);
    const seconds = new Float32Array(BATCH).fill(1);
    for (const [i, pair] of this.#pairs.entries()) {
      for (let k = 0; k < size; k++) {
        first[i * size + k] = pair.first[k]! / 255;
        second[i * size + k] = pair.second[k]! / 255;
      }
      seconds[i] = pair.seconds;
    }
    const { cells } = await plan.run({ first, second, seconds }, this.#options);
    const frame = GRID * GRID * FLOW_CHANNELS;
    for (const [i, { row }] of this.#pairs.entries()) row.cells = cells!.slice(i * frame, (i + 1) * frame);
    this.#pairs = [];
  }

  async #compile(): Promise<Plan> {
    const graph = new Graph();
    const shape = [BATCH, this.#height, this.#width];
    const [first, second] = [graph.input('first', shape), graph.input('second', shape)];
    graph.output('cells', opticalFlow(first, second, graph.input('seconds', [BATCH])));
    return this.#engine.compile(graph);
  }

  dispose(): void {
    void this.#plan?.then((plan) => plan.dispose());
  }
}

/**
 * When the change from a frame to the one at `time` begins. Footage re-timed to a higher rate shows each frame several
 * times, and what moves does so all the time from a frame to the next distinct one. A frame shown for longer than that is
 * a still, and the change comes at its end.
 */
function motionStart(last: Shown, time: number): number {
  return time - last.time > STILL_SECONDS ? Math.max(last.until, time - STILL_SECONDS) : last.time;
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
