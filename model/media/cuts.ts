/**
 * Finds the cuts of a clip from small grey images of its frames, a few tenths of a second after they were shown.
 *
 * A cut is a change that lasts and that motion does not explain. Each frame is compared with others by blocks, each of
 * which may move a little (block matching, as video codecs do), so that motion and shaking cameras count little. The
 * last frame before a cut is unlike all frames of some tenths of a second after it, and the first one after it unlike
 * all before it: after a flash, or a hammer that passes, the old image returns. And a cut exceeds the changes around it.
 * Slow changes (fades, dissolves) are not found.
 */

import { OnsetError } from '../../kernels/errors.js';

/** Cells a side of the images that are compared. */
const SIDE = 32;
/** Cells a side of a block, and how far it may move: an eighth of the image. */
const BLOCK = 8;
const REACH = 4;
/** Seconds before and after a cut in which frames are compared, and in which other changes are looked at. */
const WINDOW = 0.4;
/** Mean difference of cells, of 1, that a cut makes at least. */
const LEAST = 0.06;
/** A cut changes the image this many times more than its surroundings … */
const ABOVE_MOTION = 2.5;
/** … less the two greatest changes there: a flash makes two, and a cut that is blended over a frame another one. */
const EXCEPTIONS = 2;
/** Mean difference below which a frame is the last one repeated: 0.15 of 255. */
const SAME = 0.0006;

export interface Cut {
  /** Of the first frame after the cut, in seconds. */
  time: number;
  /** Mean difference between the images before and after, in [0.06, 1]; motion is taken off. */
  strength: number;
}

export interface CutReport {
  /** Whether the frame that was pushed may be the first one after a cut. */
  possible: boolean;
  /** What turned out to be cuts since the last report, in order. */
  cuts: Cut[];
  /** All cuts before this time, in seconds, are reported. */
  settled: number;
}

/** Frames of a size that cannot be compared cell by cell. */
export class FrameSizeError extends OnsetError {
  override name = 'FrameSizeError';
}

/** An image and how long it was shown; repeats of a frame are one image. */
interface Shown {
  cells: Float32Array;
  from: number;
  until: number;
  /** Whether it may begin after a cut, by the images before it. */
  possible: boolean;
  /** Difference from the image before it, once it was asked for. */
  change?: number;
}

/** Takes every frame of a clip in order; keeps only small images of the last second. */
export class CutDetector {
  readonly #width: number;
  readonly #height: number;
  #shown: Shown[] = [];
  /** The first of `#shown` of which it is not yet known whether it begins after a cut. */
  #next = 0;

  /**
   * Size of the images in pixels; they show the whole frame.
   *
   * @throws {FrameSizeError} when a side is not a multiple of 32.
   */
  constructor(width: number, height: number) {
    if (width % SIDE !== 0 || height % SIDE !== 0) {
      throw new FrameSizeError(`frames of ${width}×${height} pixels do not divide into ${SIDE} cells a side`);
    }
    this.#width = width;
    this.#height = height;
  }

  /** Grey image of the next frame [height, width], and its time in seconds. */
  push(pixels: Uint8Array, time: number): CutReport {
    const cells = shrink(pixels, this.#width, this.#height);
    const last = this.#shown.at(-1);
    const repeated = last !== undefined && difference(last.cells, cells) < SAME;
    if (repeated) {
      last.until = time;
    } else {
      const shown: Shown = { cells, from: time, until: time, possible: false };
      this.#shown.push(shown);
      shown.possible = this.#strength(this.#shown.length - 1) > 0;
    }
    const possible = !repeated && this.#shown.at(-1)!.possible;
    const settled = time - WINDOW;
    return { possible, cuts: this.#settle(settled), settled };
  }

  /** The last cuts of the clip; the detector is then ready for another one. */
  finish(): Cut[] {
    const cuts = this.#settle(Number.POSITIVE_INFINITY);
    this.#shown = [];
    this.#next = 0;
    return cuts;
  }

  /** The cuts among images that began before `until`; forgets what is no longer needed. */
  #settle(until: number): Cut[] {
    const cuts: Cut[] = [];
    for (; this.#next < this.#shown.length && this.#shown[this.#next]!.from < until; this.#next++) {
      const { possible, from } = this.#shown[this.#next]!;
      const strength = possible ? this.#strength(this.#next) : 0;
      if (strength > 0) cuts.push({ time: from, strength });
    }
    const forgotten = this.#firstBefore(Math.min(this.#next, this.#shown.length - 1));
    this.#shown.splice(0, forgotten);
    this.#next -= forgotten;
    return cuts;
  }

  /** Strength of the cut before image `k`, by the images around it that are there; 0 when it is none. */
  #strength(k: number): number {
    const shown = this.#shown;
    const [before, after] = [shown[k - 1], shown[k]!];
    if (!before || difference(before.cells, after.cells) < LEAST) return 0;
    const first = this.#firstBefore(k);
    let end = k + 1;
    while (end < shown.length && shown[end]!.from - after.from <= WINDOW) end++;
    let strength = 1;
    for (let q = k; q < end && strength >= LEAST; q++) {
      strength = Math.min(strength, matchedDifference(before.cells, shown[q]!.cells));
    }
    for (let p = first; p < k - 1 && strength >= LEAST; p++) {
      strength = Math.min(strength, matchedDifference(shown[p]!.cells, after.cells));
    }
    if (strength < LEAST) return 0;
    const changes: number[] = [];
    for (let m = first + 1; m < end; m++) if (m !== k) changes.push(this.#change(m));
    const usual = changes.sort((a, b) => b - a)[EXCEPTIONS] ?? 0;
    return strength >= ABOVE_MOTION * usual ? strength : 0;
  }

  /** The first image that was seen in the window before image `k` began: at most the one just before it. */
  #firstBefore(k: number): number {
    const end = this.#shown[k - 1]?.until ?? 0;
    let first = Math.max(0, k - 1);
    while (first > 0 && end - this.#shown[first - 1]!.until <= WINDOW) first--;
    return first;
  }

  #change(k: number): number {
    const shown = this.#shown[k]!;
    shown.change ??= matchedDifference(this.#shown[k - 1]!.cells, shown.cells);
    return shown.change;
  }
}

/** Mean brightness of cells, in [0, 1]. */
function shrink(pixels: Uint8Array, width: number, height: number): Float32Array {
  const [across, down] = [width / SIDE, height / SIDE];
  const sums = new Float32Array(SIDE * SIDE);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / down) * SIDE;
    for (let cell = row; cell < row + SIDE; cell++) {
      // In a local variable: sums in an array would be rounded and stored for each pixel.
      let sum = 0;
      for (const end = at + across; at < end; at++) sum += pixels[at]!;
      sums[cell]! += sum;
    }
  }
  return sums.map((sum) => sum / (255 * across * down));
}

function difference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

/** Mean difference of the cells of `b` from those of `a`, each block of `b` compared with where `a` is most like it. */
function matchedDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let y = 0; y < SIDE; y += BLOCK) for (let x = 0; x < SIDE; x += BLOCK) sum += leastDifference(a, b, x, y);
  return sum / a.length;
}

function leastDifference(a: Float32Array, b: Float32Array, x: number, y: number): number {
  const [right, bottom] = [Math.min(SIDE - BLOCK, x + REACH), Math.min(SIDE - BLOCK, y + REACH)];
  let least = Number.POSITIVE_INFINITY;
  for (let top = Math.max(0, y - REACH); top <= bottom; top++) {
    for (let left = Math.max(0, x - REACH); left <= right; left++) {
      let sum = 0;
      for (let row = 0; row < BLOCK && sum < least; row++) {
        const [from, to] = [(top + row) * SIDE + left, (y + row) * SIDE + x];
        for (let i = 0; i < BLOCK; i++) sum += Math.abs(a[from + i]! - b[to + i]!);
      }
      least = Math.min(least, sum);
    }
  }
  return least;
}
