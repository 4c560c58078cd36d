/** Typed errors of the foley room. */

import { OnsetError } from '../../kernels/errors.js';

/** A clip that the foley world cannot make. */
export class FoleyError extends OnsetError {
  override name = 'FoleyError';
}
