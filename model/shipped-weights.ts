/** Where the package keeps the default model's weights. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export class NoWeightsError extends Error {
  override name = 'NoWeightsError';
}

/** The folder of the shipped weights; works from the sources and from `dist`. */
export function shippedWeights(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const weights = join(folder, 'weights', 'onset');
  if (!existsSync(join(weights, 'manifest.json'))) {
    throw new NoWeightsError(
      `${weights}: the default weights are not there; reinstall the package, or train with node engine train`,
    );
  }
  return weights;
}
