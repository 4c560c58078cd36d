/**
 * Typed errors of the weights room. Each names the file (and the tensor, where there is one), what was expected, what
 * was found, and what to do; the same parts are fields, so that a program can act on them.
 */

import { OnsetError } from '../kernels/errors.js';

export interface WeightsErrorDetails {
  /** The file or source, as the caller named it. */
  file?: string;
  tensor?: string;
  expected?: string;
  found?: string;
  /** What the reader of the message can do about it. */
  remedy?: string;
  cause?: unknown;
}

/** Root of every error of this room: `catch (e) { if (e instanceof WeightsError) … }`. */
export class WeightsError extends OnsetError {
  override name = 'WeightsError';
  readonly file: string | undefined;
  readonly tensor: string | undefined;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  override readonly remedy: string | undefined;

  constructor(problem: string, details: WeightsErrorDetails = {}) {
    super(sentence(problem, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.file = details.file;
    this.tensor = details.tensor;
    this.expected = details.expected;
    this.found = details.found;
    this.remedy = details.remedy;
  }
}

/** The file cannot be opened or read: missing, a directory, empty, not permitted, shorter than it was. */
export class SourceError extends WeightsError {
  override name = 'SourceError';
}

/** The file could not be written; nothing is left under its final name. */
export class WriteError extends WeightsError {
  override name = 'WriteError';
}

/** The bytes are not a safetensors header: foreign format, bad length, bad JSON, wrong fields, repeated names. */
export class HeaderError extends WeightsError {
  override name = 'HeaderError';
}

/** Offsets and shapes that do not tile the file's data exactly. */
export class LayoutError extends WeightsError {
  override name = 'LayoutError';
}

/** An element type this room does not know, or an array that does not fit the type it is said to have. */
export class TensorTypeError extends WeightsError {
  override name = 'TensorTypeError';
}

/** A tensor was asked for by a name the file does not have. */
export class UnknownTensorError extends WeightsError {
  override name = 'UnknownTensorError';
}

/** A zip archive that is damaged, or says of itself what is not so, or is none of those that PyTorch writes. */
export class ArchiveError extends WeightsError {
  override name = 'ArchiveError';
}

/** A Python pickle that holds more than tensors, containers and plain values, or is damaged. */
export class PickleError extends WeightsError {
  override name = 'PickleError';
}

/** A pickle that asks for a Python class or function which is not needed for tensors. Nothing of it was run. */
export class ForbiddenGlobalError extends PickleError {
  override name = 'ForbiddenGlobalError';
  /** What was asked for, such as `os.system`. */
  readonly global: string;

  constructor(global: string, how: string, file: string) {
    super(
      `the checkpoint asks for the Python object ${quoted(global)} (${how}); only tensors are read, nothing was run`,
      {
        file,
        remedy: 'do not trust this file; take one with the weights alone',
      },
    );
    this.global = global;
  }
}

/** The index of a checkpoint in several files cannot be understood, or its files are not what it says. */
export class ShardIndexError extends WeightsError {
  override name = 'ShardIndexError';
}

/** NaN or infinity among the weights. */
export class NonFiniteError extends WeightsError {
  override name = 'NonFiniteError';
}

/** A manifest that cannot be understood. */
export class ManifestError extends WeightsError {
  override name = 'ManifestError';
}

/** A file whose size or sha256 is not what the manifest says. */
export class IntegrityError extends WeightsError {
  override name = 'IntegrityError';
}

/** An artefact made with something other than what it is about to be used with. */
export class ProvenanceError extends WeightsError {
  override name = 'ProvenanceError';
}

/** Text from a file, made safe and short enough for a message. */
export function quoted(text: string, longest = 80): string {
  return JSON.stringify(text.length > longest ? text.slice(0, longest) + '…' : text);
}

function sentence(problem: string, { file, tensor, expected, found, remedy }: WeightsErrorDetails): string {
  const where = [file, tensor === undefined ? undefined : `tensor ${quoted(tensor)}`].filter(
    (part) => part !== undefined,
  );
  const facts = [
    expected === undefined ? undefined : `expected ${expected}`,
    found === undefined ? undefined : `found ${found}`,
  ].filter((part) => part !== undefined);
  return (
    (where.length > 0 ? `${where.join(', ')}: ` : '') +
    problem +
    (facts.length > 0 ? ` (${facts.join(', ')})` : '') +
    (remedy === undefined ? '' : `; ${remedy}`)
  );
}
