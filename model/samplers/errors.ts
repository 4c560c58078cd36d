/** What goes wrong when a sampler is set up. */

import { OnsetError } from '../../kernels/errors.js';

/** A sampler was asked for with options that it does not have or that are outside their range. */
export class SamplerError extends OnsetError {
  override name = 'SamplerError';
}

/** No such sequence of timesteps exists for these numbers. */
export class TimestepError extends SamplerError {
  override name = 'TimestepError';
}
