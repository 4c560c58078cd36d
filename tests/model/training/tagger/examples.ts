/** A tagger's config and a folder of sounds that are small enough for a test. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Random } from '../../../../model/foley/index.js';
import { encodeWav } from '../../../../model/media/index.js';
import { parseTaggerConfig, type TaggerTrainingConfig } from '../../../../model/training/tagger/config.js';

const MATERIALS = ['wood', 'metal', 'glass', 'drum', 'plastic', 'stone', 'water'];

/** The text of a config for sounds of the classes `high-tone` and `low-tone`. */
export function taggerConfigText(folder: string): string {
  return JSON.stringify({
    kind: 'tagger',
    name: 'tiny-tagger',
    seed: 4,
    model: {
      bands: 32,
      channels: [8, 8, 8, 8],
      embedding: 8,
      classes: ['high-tone', 'low-tone', ...MATERIALS.flatMap((name) => [`${name}-struck`, `${name}-continuous`])],
    },
    data: {
      folders: [{ folder, train: '(?<class>[^/]+)/[12]-.*wav$', heldOut: '(?<class>[^/]+)/3-.*wav$' }],
      world: { train: 4, heldOut: 2, seconds: 2.56 },
      folderShare: 0.5,
    },
    tagger: { steps: 4, batch: 2, learningRate: 0.002, warmup: 1 },
  });
}

export const tinyTaggerConfig = (folder: string): TaggerTrainingConfig =>
  parseTaggerConfig(taggerConfigText(folder), join(folder, 'config.json'));

/** Makes a folder of three tones of 0.5 s for each class, in the folds 1 to 3; `seed` decides their frequencies. */
export function makeSounds(folder: string, seed: number = 1): void {
  const random = new Random(seed, 'tones');
  for (const [name, hz] of [
    ['High tone', 2000],
    ['low-tone', 200],
  ] as const) {
    for (const fold of [1, 2, 3]) {
      const pitch = hz * random.uniform(0.8, 1.2);
      const sound = Float32Array.from({ length: 8000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * pitch * i) / 16_000));
      const path = join(folder, name, `${fold}-a.wav`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, encodeWav([sound], 16_000));
    }
  }
}
