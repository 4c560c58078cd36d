/** Where the scenes of a clip begin, and which of its frames are classified: those after cuts and two a second. */

import { type Cut, CutDetector } from '../media/index.js';

/** Seconds between the frames that are classified. */
const STEP = 0.5;
/** Seconds that a scene lasts at least: of cuts closer together the strongest counts, and begin and end before all. */
const SHORTEST = 0.4;

/** Images of a frame, which must not change afterwards. */
export interface SceneImages {
  /** To be classified, if the frame is chosen. */
  appearance: Uint8Array;
  /** Grey levels of the whole frame, small: cuts are found in them. */
  gray: Uint8Array;
}

/** A frame that is to be classified. */
export interface Sampled {
  appearance: Uint8Array;
  time: number;
  /** Counted from 0. */
  scene: number;
  /** Whether the scene begins with this frame. */
  begins: boolean;
}

interface Held {
  appearance: Uint8Array;
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
   * `size`: pixels a side of the grey images.
   *
   * @throws {FrameSizeError} when it is not a multiple of 32.
   */
  constructor(size: number) {
    this.#detector = new CutDetector(size, size);
  }

  /** The next frame, and its time in seconds. */
  push({ appearance, gray }: SceneImages, time: number): Sampled[] {
    const { possible, cuts, settled } = this.#detector.push(gray, time);
    if (this.#nextStep === undefined) this.#cuts.push({ time, strength: Number.POSITIVE_INFINITY });
    const step = time >= (this.#nextStep ?? time) - 1e-6;
    if (step) this.#nextStep = (Math.floor(time / STEP + 1e-6) + 1) * STEP;
    if (step || possible) this.#held.push({ appearance, time, step });
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
      const { appearance, time, step } = this.#held.shift()!;
      const begins = this.#begins(time);
      if (begins) this.#scene++;
      if (begins || step) sampled.push({ appearance, time, scene: this.#scene, begins });
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
