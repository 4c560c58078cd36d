/** Which clips a stage draws its samples from: those of the world, and real ones at a share of all samples. */

import type { Random } from '../../foley/index.js';
import type { TrainingClip } from './training-clip.js';

export class ClipMixture {
  readonly world: readonly TrainingClip[];
  readonly footage: readonly TrainingClip[];
  /** Of all samples, those from footage: 0–1. */
  readonly share: number;

  constructor(world: readonly TrainingClip[], footage: readonly TrainingClip[] = [], share: number = 0) {
    this.world = world;
    this.footage = footage;
    this.share = share;
  }

  /** Every clip that may be drawn. */
  get all(): TrainingClip[] {
    return [...(this.share < 1 ? this.world : []), ...(this.share > 0 ? this.footage : [])];
  }

  /**
   * Draws the clips of one step's batch, one a call, `batch` calls at the most. The share holds exactly over the steps, to
   * less than one sample in each of them; `random` decides which samples of the batch are real, and which clips they are.
   */
  drawer(step: number, batch: number): (random: Random) => TrainingClip {
    const realUpTo = (samples: number): number => Math.floor(samples * this.share + 1e-9);
    let real = realUpTo((step + 1) * batch) - realUpTo(step * batch);
    let left = batch;
    return (random) => {
      // Every remaining sample is equally likely to be real (selection sampling, Knuth vol. 2, 3.4.2).
      const isReal = random.chance(real / left--);
      if (isReal) real--;
      return random.pick(isReal ? this.footage : this.world);
    };
  }
}
