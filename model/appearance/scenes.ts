/** Where a clip cuts, and which of its frames are classified: those after cuts and two a second. */

import { OnsetError } from '../../kernels/errors.js';

/** Seconds between the frames that are classified. */
const STEP = 0.5;
/** Cells a side of the thumbnail that is compared from frame to frame. */
const CELLS = 16;
/** Mean change of a cell, of 1, that a cut has at least. */
const LEAST_CHANGE = 0.1;
/** A cut changes the image this many times more than the frames before it did. */
const ABOVE_MOTION = 3;
/** How fast the memory of earlier changes fades, a frame. */
const FADE = 0.8;
/** Seconds that a scene lasts at least: flashes are no cuts. */
const SHORTEST = 0.4;

export interface Sampled {
  /** Counted from 0. */
  scene: number;
  /** Whether a scene begins with this frame. */
  begins: boolean;
  /** Whether the frame is to be classified. */
  chosen: boolean;
}

/** Frames of a size that cannot be compared cell by cell. */
class FrameSizeError extends OnsetError {
  override name = 'FrameSizeError';
}

/** Takes every frame of a clip in order. */
export class SceneSampler {
  readonly #size: number;
  #last: Float32Array | null = null;
  #usual = 0;
  #scene = 0;
  #began = 0;
  #next = 0;

  /**
   * `size`: pixels a side of the frames, a multiple of CELLS.
   *
   * @throws {FrameSizeError} when it is not.
   */
  constructor(size: number) {
    if (size % CELLS !== 0) {
      throw new FrameSizeError(`frames of ${size} pixels do not divide into ${CELLS} cells a side`);
    }
    this.#size = size;
  }

  /** RGB bytes and seconds of the next frame. */
  push(pixels: Uint8Array, time: number): Sampled {
    const small = shrink(pixels, this.#size);
    const change = this.#last ? difference(small, this.#last) : 0;
    const cut = change > LEAST_CHANGE && change > ABOVE_MOTION * this.#usual && time - this.#began >= SHORTEST;
    const begins = cut || this.#last === null;
    if (cut) {
      this.#scene++;
      this.#began = time;
    }
    this.#usual = cut ? 0 : FADE * this.#usual + (1 - FADE) * change;
    this.#last = small;
    const chosen = begins || time >= this.#next - 1e-6;
    if (chosen) this.#next = (Math.floor(time / STEP + 1e-6) + 1) * STEP;
    return { scene: this.#scene, begins, chosen };
  }
}

/** Mean colours of cells, in [0, 1]. */
function shrink(pixels: Uint8Array, size: number): Float32Array {
  const side = size / CELLS;
  const sums = new Float32Array(CELLS * CELLS * 3);
  for (let y = 0, at = 0; y < size; y++) {
    const row = Math.floor(y / side) * CELLS * 3;
    for (let cell = row; cell < row + CELLS * 3; cell += 3) {
      // In local variables: sums in an array would be rounded and stored for each pixel.
      let [red, green, blue] = [0, 0, 0];
      for (const end = at + side * 3; at < end; at += 3) {
        red += pixels[at]!;
        green += pixels[at + 1]!;
        blue += pixels[at + 2]!;
      }
      sums[cell]! += red;
      sums[cell + 1]! += green;
      sums[cell + 2]! += blue;
    }
  }
  return sums.map((sum) => sum / (255 * side * side));
}

function difference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
