/** Streams pictures into optical flow on the GPU, a batch of pairs at a time. */

import { type Engine, Graph, opticalFlow, type Plan } from '../../engine/engine.js';
import { GRID } from './flow-encoder.js';
import { FLOW_CHANNELS, type FlowClip } from './flow-features.js';

/** Pairs in one run of the plan. */
const BATCH = 32;
/** Two frames whose mean difference (of 255) is below this are one frame shown twice: the next distinct one counts. */
const SAME = 0.15;
/** Time between frames is never taken to be less, so that broken time stamps cannot make infinite speeds. */
const LEAST_SECONDS = 1e-3;

interface Pair {
  first: Uint8Array;
  second: Uint8Array;
  seconds: number;
  middle: number;
}

export class FlowExtractor {
  /** Changes when the flow that comes out does; caches of flow are kept by it. */
  static readonly version: string = 'lk-1';

  readonly #engine: Engine;
  readonly #width: number;
  readonly #height: number;
  #plan: Promise<Plan> | null = null;
  #last: { pixels: Uint8Array; time: number } | null = null;
  #pairs: Pair[] = [];
  #grids: Float32Array[] = [];
  #middles: number[] = [];

  /** Sides are multiples of 32. */
  constructor(engine: Engine, width: number, height: number) {
    this.#engine = engine;
    this.#width = width;
    this.#height = height;
  }

  /** The next grey picture of the clip, at its own time in seconds. */
  async push(pixels: Uint8Array, time: number): Promise<void> {
    const last = this.#last;
    if (last && meanDifference(last.pixels, pixels) < SAME) return;
    const kept = pixels.slice();
    if (last) {
      this.#pairs.push({
        first: last.pixels,
        second: kept,
        seconds: Math.max(LEAST_SECONDS, time - last.time),
        middle: (time + last.time) / 2,
      });
      if (this.#pairs.length === BATCH) await this.#flush();
    }
    this.#last = { pixels: kept, time };
  }

  /** Flow of the clip that was pushed; the extractor is then ready for another one. */
  async finish(): Promise<FlowClip> {
    await this.#flush();
    const frame = GRID * GRID * FLOW_CHANNELS;
    const grid = new Float32Array(this.#grids.length * frame);
    for (const [i, cells] of this.#grids.entries()) grid.set(cells, i * frame);
    const midTimes = Float64Array.from(this.#middles);
    this.#last = null;
    this.#grids = [];
    this.#middles = [];
    return { grid, midTimes };
  }

  /** A whole clip in memory: pictures [n, height, width] and their times. */
  async extract(frames: Uint8Array, times: ArrayLike<number>): Promise<FlowClip> {
    const size = this.#width * this.#height;
    for (let i = 0; i < times.length; i++) await this.push(frames.subarray(i * size, (i + 1) * size), times[i]!);
    return this.finish();
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
    const { cells } = await plan.run({ first, second, seconds });
    const frame = GRID * GRID * FLOW_CHANNELS;
    for (const [i, pair] of this.#pairs.entries()) {
      this.#grids.push(cells!.slice(i * frame, (i + 1) * frame));
      this.#middles.push(pair.middle);
    }
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

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
