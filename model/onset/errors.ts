/** Errors of the default model. */

import { OnsetError } from '../../kernels/errors.js';

/** A codec that is used as it cannot be. */
export class CodecError extends OnsetError {
  override name = 'CodecError';
}
