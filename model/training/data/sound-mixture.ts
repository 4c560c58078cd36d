/** Which sounds the codec draws its samples from: several sources, each at its share of all samples. */

import type { Random } from '../../foley/index.js';

/** Sound without picture. */
export interface SoundClip {
  /** Mono at the codec's sample rate. */
  sound: Int16Array;
}

export interface SoundSource {
  clips: readonly SoundClip[];
  /** Its share of all samples, 0–1. */
  share: number;
}

export class SoundMixture {
  readonly sources: readonly SoundSource[];

  /** `sources` have shares that add up to 1; those with share 0 may be empty. */
  constructor(sources: readonly SoundSource[]) {
    this.sources = sources.filter(({ share }) => share > 0);
  }

  /**
   * The sounds of a batch, those of a source side by side. Systematic sampling: a source has its share of every batch to less
   * than one sample, and exactly in the mean.
   */
  draw(batch: number, random: Random): SoundClip[] {
    const shift = this.sources.length > 1 ? random.uniform() : 0;
    let source = 0;
    let upTo = this.sources[0]!.share;
    return Array.from({ length: batch }, (_, b) => {
      const place = (b + shift) / batch;
      while (place >= upTo && source < this.sources.length - 1) upTo += this.sources[++source]!.share;
      return random.pick(this.sources[source]!.clips);
    });
  }
}
