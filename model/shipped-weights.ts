/** Where the package keeps its data: the default model's weights, and tables. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export class NoWeightsError extends Error {
  override name = 'NoWeightsError';
}

/** A path in the package; works from the sources and from `dist`. */
export function packagePath(...names: string[]): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, ...names);
}

/** The folder of the shipped weights. */
export function shippedWeights(): string {
  const weights = packagePath('weights', 'onset');
  if (!existsSync(join(weights, 'manifest.json'))) {
    throw new NoWeightsError(
      `${weights}: the default weights are not there; reinstall the package, or train with node engine train`,
    );
  }
  return weights;
}
