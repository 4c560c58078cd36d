/**
 * How long a part lasts by its frames. What a file says of its length is believed where the frames bear it out (only the
 * file knows how long the last frame is shown); else the last frame is taken to last as long as the one before it.
 */

import { TruncatedMediaError } from './errors.js';
import type { ClipPart } from './frames.js';
import type { MediaInfo } from './probe.js';

/** The last frame may be shown for this many times the longest of the others. */
const LONGEST_LAST = 1.5;
/** Frames a second where neither the file nor the frames tell. */
const UNKNOWN_RATE = 25;
/** Seconds that may be missing at the end of a file whose decoder complained, before it counts as cut off. */
const MISSING = 0.5;

export class LengthMeter {
  readonly #info: MediaInfo;
  readonly #part: ClipPart;
  #frames = 0;
  #last = 0;
  /** Seconds from the frame before the last to the last, and the longest of such steps. */
  #step = 0;
  #longest = 0;

  constructor(info: MediaInfo, part: ClipPart) {
    this.#info = info;
    this.#part = part;
  }

  /** The next frame's time, in seconds from the start of the part. */
  push(time: number): void {
    this.#step = this.#frames === 0 ? 0 : time - this.#last;
    this.#longest = Math.max(this.#longest, this.#step);
    this.#last = time;
    this.#frames++;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Seconds that the part lasts. */
  seconds(): number {
    const { duration, seconds: stated } = this.#part;
    const { exactDuration } = this.#info;
    const usual = this.#usualStep();
    const most = this.#last + LONGEST_LAST * Math.max(this.#longest, usual);
    // A single frame may be shown for as long as its own stream says.
    const believed = stated > this.#last && (stated <= most || (this.#frames === 1 && exactDuration));
    const whole = believed ? stated : this.#last + (this.#step || usual);
    return Math.min(whole, duration ?? Number.POSITIVE_INFINITY);
  }

  /**
   * A file that was cut off decodes up to the cut.
   *
   * @param stderr What the decoder said.
   * @throws {TruncatedMediaError} when frames are missing at the end and the decoder complained.
   */
  requireWhole(stderr: string): void {
    const { start, seconds } = this.#part;
    const missing = seconds - (this.#last + Math.max(this.#step, this.#usualStep()));
    if (missing <= MISSING || !/partial file|premature|truncat|end of file|invalid|error/i.test(stderr)) return;
    throw new TruncatedMediaError(
      `${this.#info.path}: cut off: it says it lasts ${this.#info.duration.toFixed(2)} s, but its picture ends at ` +
        `${(start + this.#last).toFixed(2)} s; copy or download it again, or choose a part with --duration`,
    );
  }

  #usualStep(): number {
    const { frameRate } = this.#info.video;
    return 1 / (frameRate > 0 ? frameRate : UNKNOWN_RATE);
  }
}
