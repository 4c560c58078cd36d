/**
 * From optical flow at a clip's own frame times to the input of the flow encoder: flow at 50 Hz without camera motion,
 * compressed, two frames to a token (recipe §4b).
 */

import { CELL_FEATURES, FLOW_PER_TOKEN, GRID } from './flow-encoder.js';

/** Mean velocity x and y (image widths a second), mean and top speed, change of light a second. */
export const FLOW_CHANNELS = 5;
/** Shape of the flow of one pair of frames. */
export const FLOW_SHAPE: readonly [number, number, number] = [GRID, GRID, FLOW_CHANNELS];
const CELLS = GRID * GRID;
const FRAME = CELLS * FLOW_CHANNELS;

/**
 * Flow between distinct frames: one 8×8 grid a pair, at the middle of the pair's times; of zeros across a cut. A picture
 * that stands still has two more of zeros, at its begin and its end.
 */
export interface FlowClip {
  /** [n, 8, 8, 5]. */
  grid: Float32Array;
  /** [n] seconds, rising. */
  midTimes: Float64Array;
}

/**
 * Flow at the middles of `count` intervals of `step` seconds from `start`, linearly interpolated between pairs; zero well
 * before the first pair and after the last. [count, 8, 8, 5].
 */
export function flowAt({ grid, midTimes }: FlowClip, start: number, step: number, count: number): Float32Array {
  const out = new Float32Array(count * FRAME);
  const last = midTimes.length - 1;
  if (last < 0) return out;
  let j = 0;
  for (let i = 0; i < count; i++) {
    const when = start + (i + 0.5) * step;
    while (j < last && midTimes[j + 1]! <= when) j++;
    const outside = when < midTimes[0]! ? midTimes[0]! - when : when - midTimes[last]!;
    if (outside > HOLD) continue;
    const next = Math.min(last, j + 1);
    const gap = midTimes[next]! - midTimes[j]!;
    const share = gap > 0 ? Math.min(1, Math.max(0, (when - midTimes[j]!) / gap)) : 0;
    for (let k = 0; k < FRAME; k++) {
      out[i * FRAME + k] = grid[j * FRAME + k]! * (1 - share) + grid[next * FRAME + k]! * share;
    }
  }
  return out;
}

/** Seconds for which the first pair's flow holds before it, and the last one's after it. */
const HOLD = 0.05;

/**
 * Flow [n, 8, 8, 5] → features [n, 8, 8, 8]: velocity less its median over cells (the camera's), its magnitude, mean
 * and top speed, change of light, and the median itself, all compressed by arcsinh(8·).
 */
export function cellFeatures(flow: Float32Array): Float32Array {
  const frames = flow.length / FRAME;
  const out = new Float32Array(frames * CELLS * CELL_FEATURES);
  const sorted = new Float32Array(CELLS);
  const medianOf = (frame: number, channel: number): number => {
    for (let cell = 0; cell < CELLS; cell++) sorted[cell] = flow[frame * FRAME + cell * FLOW_CHANNELS + channel]!;
    sorted.sort();
    return (sorted[CELLS / 2 - 1]! + sorted[CELLS / 2]!) / 2;
  };
  const compress = (x: number): number => Math.asinh(8 * x);
  for (let f = 0; f < frames; f++) {
    const cameraX = medianOf(f, 0);
    const cameraY = medianOf(f, 1);
    for (let cell = 0; cell < CELLS; cell++) {
      const from = f * FRAME + cell * FLOW_CHANNELS;
      const to = (f * CELLS + cell) * CELL_FEATURES;
      const x = flow[from]! - cameraX;
      const y = flow[from + 1]! - cameraY;
      out[to] = compress(x);
      out[to + 1] = compress(y);
      out[to + 2] = compress(Math.hypot(x, y));
      out[to + 3] = compress(flow[from + 2]!);
      out[to + 4] = compress(flow[from + 3]!);
      out[to + 5] = compress(0.3 * flow[from + 4]!);
      out[to + 6] = compress(cameraX);
      out[to + 7] = compress(cameraY);
    }
  }
  return out;
}

/** Features at 50 Hz [2T, 8, 8, 8] → the encoder's input [T, 8, 8, 16], the two frames of a cell one after the other. */
export function tokenFeatures(features: Float32Array): Float32Array {
  const perFrame = CELLS * CELL_FEATURES;
  const tokens = features.length / (perFrame * FLOW_PER_TOKEN);
  const out = new Float32Array(features.length);
  const width = CELL_FEATURES * FLOW_PER_TOKEN;
  for (let t = 0; t < tokens; t++) {
    for (let half = 0; half < FLOW_PER_TOKEN; half++) {
      for (let cell = 0; cell < CELLS; cell++) {
        const from = (t * FLOW_PER_TOKEN + half) * perFrame + cell * CELL_FEATURES;
        out.set(features.subarray(from, from + CELL_FEATURES), (t * CELLS + cell) * width + half * CELL_FEATURES);
      }
    }
  }
  return out;
}
