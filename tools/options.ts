/** Values of command-line options; a wrong one is wrong usage (exit code 2). */

import { InvalidArgumentError } from 'commander';
import { OnsetError } from '../kernels/errors.js';

/** Options that do not fit together or do not fit the files; exit code 2, like commander's own errors. */
export class UsageError extends OnsetError {
  override name = 'UsageError';
  override readonly exitCode = 2;
}

/** A parser for whole numbers of at least `least` and at most `most`. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`a whole number ${range} is expected.`);
    }
    return value;
  };
}

/** A parser for numbers of at least `least` (or, with `open`, above it). */
export function number(least: number, open: boolean = false): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < least || (open && value === least)) {
      throw new InvalidArgumentError(`a number ${open ? 'above' : 'of at least'} ${least} is expected.`);
    }
    return value;
  };
}
