/** A model of the registry as a system: any family, any weights, any options. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../../engine/engine.js';
import { MANIFEST_NAME } from '../../../weights/index.js';
import { openModel } from '../../models.js';
import type { GenerateOptions, VideoToAudioModel } from '../../video-to-audio.js';
import type { DatasetClip } from '../datasets/dataset.js';
import type { System, SystemCall, SystemSound } from './system.js';

export type ModelSystemOptions = Omit<GenerateOptions, 'seed'>;

/** A model of the registry. */
export interface NamedModel {
  /** As the report calls it. */
  name: string;
  /** The family's name. */
  family: string;
  /** Of its weights. */
  folder: string;
}

/** The model is loaded when its first sound is asked for. */
class ModelSystem implements System {
  readonly name: string;
  readonly kind = 'system';
  readonly description: string;
  readonly seeded = true;
  readonly cacheKey: string;
  readonly #engine: Engine;
  readonly #folder: string;
  readonly #options: ModelSystemOptions;
  #model: Promise<VideoToAudioModel> | undefined;

  constructor(engine: Engine, { name, family, folder }: NamedModel, options: ModelSystemOptions) {
    const digest = weightsDigest(folder);
    this.#engine = engine;
    this.#folder = folder;
    this.#options = options;
    this.name = name;
    const set = Object.entries(options).filter(([, value]) => value !== undefined);
    const words = set.map(([key, value]) => `${key} ${key === 'appearance' ? 'by EfficientNet-Lite0' : value}`);
    this.description =
      `the family ${family}, weights ${digest.slice(0, 12)}, ` +
      (words.length > 0 ? words.join(', ') : 'default options');
    this.cacheKey = JSON.stringify([family, digest, set]);
  }

  async soundFor({ clip }: DatasetClip, { seed, signal }: SystemCall): Promise<SystemSound> {
    this.#model ??= openModel(this.#engine, this.#folder, { signal });
    const model = await this.#model.catch((error) => {
      this.#model = undefined;
      throw error;
    });
    const { samples, sampleRate, events } = await model.generate(clip, { ...this.#options, seed, signal });
    return { samples, sampleRate, events };
  }

  async dispose(): Promise<void> {
    const model = await this.#model?.catch(() => undefined);
    this.#model = undefined;
    await model?.dispose();
  }
}

/** A model as a system. Nothing is loaded yet. */
export function modelSystem(engine: Engine, model: NamedModel, options: ModelSystemOptions = {}): System {
  return new ModelSystem(engine, model, options);
}

/**
 * Tells weights apart: a hash of the folder's manifest, which has the sha256 of each file, or else of the names, sizes and
 * times of its files.
 */
function weightsDigest(folder: string): string {
  const hash = createHash('sha256');
  const names = readdirSync(folder).sort();
  if (names.includes(MANIFEST_NAME)) hash.update(readFileSync(join(folder, MANIFEST_NAME)));
  else {
    for (const name of names) {
      const { size, mtimeMs } = statSync(join(folder, name));
      hash.update(`${name} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}
