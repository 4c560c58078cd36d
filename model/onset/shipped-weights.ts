/** Where the package keeps its data: the default model's weights, and tables. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packagePath } from '../../engine/platform/package-path.js';
import { OnsetError } from '../../kernels/errors.js';

export class NoWeightsError extends OnsetError {
  override name = 'NoWeightsError';
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
