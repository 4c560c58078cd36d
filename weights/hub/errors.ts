/**
 * Typed errors of pulling. Addresses of mirrors, signed addresses and tokens never appear in them: they name a source by
 * its repository, or by an address that the target itself states.
 */

import { WeightsError, WriteError } from '../errors.js';

/** Base of everything that can go wrong while a model is pulled. */
export class PullError extends WeightsError {
  override name = 'PullError';
}

/** No network, no such host, no connection, or no answer in time. */
export class UnreachableError extends PullError {
  override name = 'UnreachableError';
}

/** 401 or 403: the server denies access. */
export class AccessError extends PullError {
  override name = 'AccessError';
}

/** 404: the source does not have the file. */
export class NotFoundError extends PullError {
  override name = 'NotFoundError';
}

/** A file comes in a Python package, and there is no pip on this machine. */
export class NoPipError extends PullError {
  override name = 'NoPipError';
}

/** A file comes in an npm package, and there is no npm on this machine. */
export class NoNpmError extends PullError {
  override name = 'NoNpmError';
}

/** 416, even after starting again from zero. */
export class RangeNotSatisfiableError extends PullError {
  override name = 'RangeNotSatisfiableError';
}

/** 429: too many requests, and still so after waiting. */
export class RateLimitError extends PullError {
  override name = 'RateLimitError';
}

/** Any other status, or a response that does not follow the protocol. */
export class BadResponseError extends PullError {
  override name = 'BadResponseError';
}

/** The connection was lost again and again without a byte of progress. */
export class ConnectionLostError extends PullError {
  override name = 'ConnectionLostError';
}

/** The source's file is longer or shorter than it should be. */
export class LengthError extends PullError {
  override name = 'LengthError';
}

/** The sha256 is not the one that the source or the target states. */
export class ChecksumError extends PullError {
  override name = 'ChecksumError';
}

/** A variable of the environment has a value that cannot be used. */
export class InvalidEnvironmentError extends PullError {
  override name = 'InvalidEnvironmentError';
}

/** Weights are asked for that are not, or not completely, in the cache. */
export class NotPulledError extends PullError {
  override name = 'NotPulledError';
}

/** Another process pulls the same model. */
export class LockedError extends PullError {
  override name = 'LockedError';
}

/** The disk is full, or has less space than is needed. */
export class DiskFullError extends WriteError {
  override name = 'DiskFullError';
}
