/**
 * The seeded generator of pseudo-random numbers of product code on the CPU: sfc32 (Chris Doty-Humphrey's Small Fast
 * Counter, from PractRand). On the GPU there is Philox (`kernels/random`).
 *
 * A foley clip draws from several named streams of one seed, so that a change in how frames are rendered leaves the sound
 * and the events of every seed as they were.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  /** The second normal number of the last pair; NaN where it is used up. */
  #spare = Number.NaN;

  /**
   * @param seed any integer that a double holds exactly
   * @param stream name of an independent sequence under that seed
   */
  constructor(seed: number, stream: string) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < stream.length; i++) hash = Math.imul(hash ^ stream.charCodeAt(i), 0x01000193);
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = hash >>> 0;
    for (let i = 0; i < 15; i++) this.bits();
  }

  /** 32 random bits, as an unsigned integer. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** Uniform over [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 4294967296);
  }

  /** An integer from 0 to count − 1. */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** True with that probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** One of at least one choice. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(choices.length)]!;
  }

  /** Normal numbers by the Box-Muller transform; each pair of uniform numbers yields two. */
  normal(mean = 0, deviation = 1): number {
    if (!Number.isNaN(this.#spare)) {
      const value = this.#spare;
      this.#spare = Number.NaN;
      return mean + deviation * value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return mean + deviation * radius * Math.cos(angle);
  }
}
