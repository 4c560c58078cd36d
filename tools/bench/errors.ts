/** Errors of the benchmarks. */

import { OnsetError } from '../../kernels/errors.js';

/** A program beside ours that failed, or operands that do not fit their type. */
export class BenchError extends OnsetError {
  override name = 'BenchError';
}
