/** Typed errors of the evaluation room. */

import { OnsetError } from '../../kernels/errors.js';

/** A measure that cannot be taken of what it was given. */
export class EvaluationError extends OnsetError {
  override name = 'EvaluationError';
}
