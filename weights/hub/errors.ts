/**
 * Typed errors of pulling. Addresses of mirrors, signed addresses and tokens never appear in them: they name a source by
 * its repository, or by an address that the target itself states.
 */

import { WeightsError, WriteError } from '../errors.js';

/** Root of what can go wrong between here and a source. */
export class PullError extends WeightsError {
  override name = 'PullError';
}

/** No network, no such host, no connection, or no answer in time. */
export class OutOfReachError extends PullError {
  override name = 'OutOfReachError';
}

/** 401 or 403: the source does not let us in. */
export class AccessError extends PullError {
  override name = 'AccessError';
}

/** 404: the source does not have the file. */
export class NotThereError extends PullError {
  override name = 'NotThereError';
}

/** A package is wanted, and there is no pip to bring it. */
export class NoPipError extends PullError {
  override name = 'NoPipError';
}

/** 416, even after starting again from zero. */
export class RangeRefusedError extends PullError {
  override name = 'RangeRefusedError';
}

/** 429: too many requests, and still so after waiting. */
export class RateLimitError extends PullError {
  override name = 'RateLimitError';
}

/** Any other status, or an answer that makes no sense. */
export class AnswerError extends PullError {
  override name = 'AnswerError';
}

/** The connection broke again and again without a byte of progress. */
export class CutError extends PullError {
  override name = 'CutError';
}

/** The source's file is longer or shorter than it should be. */
export class LengthError extends PullError {
  override name = 'LengthError';
}

/** The bytes are not those that the source or the target promises. */
export class ChecksumError extends PullError {
  override name = 'ChecksumError';
}

/** A variable of the environment that cannot be used. */
export class SettingError extends PullError {
  override name = 'SettingError';
}

/** Weights are asked for that are not, or not whole, in the cache. */
export class NotPulledError extends PullError {
  override name = 'NotPulledError';
}

/** Another process pulls the same model. */
export class BusyError extends PullError {
  override name = 'BusyError';
}

/** The disk is full, or too full for what is to come. */
export class DiskFullError extends WriteError {
  override name = 'DiskFullError';
}
