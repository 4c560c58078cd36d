/** Where the scenes of a clip begin, and which of its frames are classified: those after cuts and two a second. */

import { type Cut, CutDetector } from '../media/index.js';

/** Seconds between the frames that are classified. */
const STEP = 0.5;
/** Seconds that a scene lasts at least: of cuts closer together the strongest counts, and begin and end before all. */
const SHORTEST = 0.4;

/** A frame that is to be classified. */
export interface Sampled {
  pixels: Uint8Array;
  time: number;
  /** Counted from 0. */
  scene: number;
  /** Whether the scene begins with this frame. */
  begins: boolean;
}

interface Held {
  pixels: Uint8Array;
  time: number;
  /** Whether it is classified also when no scene begins with it. */
  step: boolean;
}

/**
 * Takes every frame of a clip in order, and gives those back that are to be classified once their scenes are known, 0.8 s
 * later; of the frames in between only those are kept that may be among them.
 */
export class SceneSampler {
  readonly #detector: CutDetector;
  #held: Held[] = [];
  #cuts: Cut[] = [];
  #scene = -1;
  #nextStep: number | undefined;

  /**
   * `size`: pixels a side of the frames.
   *
   * @throws {FrameSizeError} when it is not a multiple of 32.
   */
  constructor(size: number) {
    this.#detector = new CutDetector({ width: size, height: size, pixels: 'rgb24' });
  }

  /** RGB bytes of the next frame, which must not change afterwards, and its time in seconds. */
  push(pixels: Uint8Array, time: number): Sampled[] {
    const { possible, cuts, settled } = this.#detector.push(pixels, time);
    if (this.#nextStep === undefined) this.#cuts.push({ time, strength: Number.POSITIVE_INFINITY });
    const step = time >= (this.#nextStep ?? time) - 1e-6;
    if (step) this.#nextStep = (Math.floor(time / STEP + 1e-6) + 1) * STEP;
    if (step || possible) this.#held.push({ pixels, time, step });
    this.#cuts.push(...cuts);
    return this.#release(settled - SHORTEST);
  }

  /** The last frames of a clip that lasts `seconds`. */
  finish(seconds: number): Sampled[] {
    this.#cuts.push(...this.#detector.finish(), { time: seconds, strength: Number.POSITIVE_INFINITY });
    return this.#release(Number.POSITIVE_INFINITY);
  }

  /** Frames before `until`: all cuts are known that a scene may begin with, and those near them. */
  #release(until: number): Sampled[] {
    const sampled: Sampled[] = [];
    while (this.#held.length > 0 && this.#held[0]!.time < until) {
      const { pixels, time, step } = this.#held.shift()!;
      const begins = this.#begins(time);
      if (begins) this.#scene++;
      if (begins || step) sampled.push({ pixels, time, scene: this.#scene, begins });
    }
    this.#cuts = this.#cuts.filter(({ time }) => time >= until - SHORTEST);
    return sampled;
  }

  /** Whether there is a cut at `time`, and no stronger one near it; of equal ones the first counts. */
  #begins(time: number): boolean {
    const cut = this.#cuts.find((other) => other.time === time);
    return (
      cut !== undefined &&
      this.#cuts.every(
        (other) =>
          other === cut ||
          Math.abs(other.time - time) >= SHORTEST ||
          other.strength < cut.strength ||
          (other.strength === cut.strength && other.time > time),
      )
    );
  }
}
