/** A cell of an ablation as a system under test: each seed of the evaluation is heard by the model trained with that seed. */

import type { Engine } from '../../../engine/engine.js';
import type { DatasetClip } from '../datasets/dataset.js';
import { EvaluationError } from '../errors.js';
import { modelSystem } from '../systems/model-system.js';
import type { System, SystemCall, SystemSound } from '../systems/system.js';
import type { AblationRun } from './runs.js';

class CellSystem implements System {
  readonly name: string;
  readonly kind = 'system';
  readonly description: string;
  readonly seeded = true;
  readonly #models: ReadonlyMap<number, System>;

  constructor(name: string, description: string, models: ReadonlyMap<number, System>) {
    this.name = name;
    this.description = description;
    this.#models = models;
  }

  /** Of one seed's model alone: with another seed the sounds of this one are still there. */
  readonly cacheKey = (seed: number): string => JSON.stringify([[seed, this.#models.get(seed)?.cacheKey]]);

  async soundFor(clip: DatasetClip, call: SystemCall): Promise<SystemSound | undefined> {
    const model = this.#models.get(call.seed);
    if (!model) throw new EvaluationError(`cell ${this.name}: there is no model trained with seed ${call.seed}`);
    return model.soundFor(clip, call);
  }

  async dispose(): Promise<void> {
    for (const model of this.#models.values()) await model.dispose?.();
  }
}

export interface CellSystemOptions {
  description: string;
  /** Steps of the sampler and guidance. */
  steps: number;
  guidance: number;
}

/** The models of a cell's runs as one system. The seed also draws the noise that its sound begins with. */
export function cellSystem(
  engine: Engine,
  cell: string,
  runs: readonly AblationRun[],
  { description, ...sampling }: CellSystemOptions,
): System {
  const models = new Map(
    runs.map(({ seed, weights }): [number, System] => [
      seed,
      modelSystem(engine, { name: cell, family: 'onset', folder: weights }, sampling),
    ]),
  );
  return new CellSystem(cell, description, models);
}
