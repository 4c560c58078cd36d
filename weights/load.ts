/** From a file's tensors to the ones a model asks for: every mismatch reported at once, non-finite values refused. */

import type { DType } from './dtype.js';
import { NonFiniteError, quoted, WeightsError } from './errors.js';
import type { SafetensorsFile } from './safetensors.js';
import { showShape } from './safetensors-header.js';

/** A tensor that a model asks for. */
export interface ExpectedTensor {
  name: string;
  shape: readonly number[];
  /** Any type will do when left out. */
  dtype?: DType;
}

export interface TensorProblem {
  kind: 'missing' | 'unexpected' | 'shape' | 'dtype';
  name: string;
  /** Such as `[4, 8]` or `F32`. */
  expected?: string;
  found?: string;
  /** Names of the other side that may be meant, closest first. */
  closest: readonly string[];
}

export interface MatchOptions {
  /** Tensors that the model does not ask for are no problem. Default false. */
  allowUnexpected?: boolean;
  /** Name of the file, for messages. */
  file?: string;
}

/** The tensors of a file are not those of the model. */
export class TensorMatchError extends WeightsError {
  override name = 'TensorMatchError';
  /** Every mismatch; the message shows the first few. */
  readonly problems: readonly TensorProblem[];

  constructor(problems: readonly TensorProblem[], file?: string) {
    const shown = problems.slice(0, SHOWN).map(describe);
    if (problems.length > SHOWN) shown.push(`and ${problems.length - SHOWN} more`);
    super(`${problems.length} of its tensors are not those of the model:\n  ${shown.join('\n  ')}\n`, {
      file,
      remedy: 'use weights made for this model and config',
    });
    this.problems = problems;
  }
}

/** Problems spelled out in a message, and given suggestions. */
const SHOWN = 20;
/** Names that are compared for one suggestion, so that huge files cost no time. */
const COMPARED = 4096;

/** Every difference between the tensors of a file and those a model asks for; empty when they fit. */
export function compareTensors(
  found: ReadonlyMap<string, { dtype: DType; shape: readonly number[] }>,
  expected: readonly ExpectedTensor[],
  options: MatchOptions = {},
): TensorProblem[] {
  const wanted = new Map(expected.map((tensor) => [tensor.name, tensor]));
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const unexpected = [...found.keys()].filter((name) => !wanted.has(name));
  const problems: TensorProblem[] = missing.map((name, i) => ({
    kind: 'missing',
    name,
    expected: showShape(wanted.get(name)!.shape),
    closest: i < SHOWN ? closestNames(name, unexpected) : [],
  }));
  for (const [name, { shape, dtype }] of wanted) {
    const tensor = found.get(name);
    if (!tensor) continue;
    if (shape.length !== tensor.shape.length || shape.some((size, i) => size !== tensor.shape[i])) {
      problems.push({ kind: 'shape', name, expected: showShape(shape), found: showShape(tensor.shape), closest: [] });
    }
    if (dtype !== undefined && dtype !== tensor.dtype) {
      problems.push({ kind: 'dtype', name, expected: dtype, found: tensor.dtype, closest: [] });
    }
  }
  if (options.allowUnexpected) return problems;
  unexpected.forEach((name, i) => {
    const closest = i < SHOWN ? closestNames(name, missing) : [];
    problems.push({ kind: 'unexpected', name, found: showShape(found.get(name)!.shape), closest });
  });
  return problems;
}

/** Throws TensorMatchError, with every problem, unless the file's tensors are those asked for. */
export function matchTensors(
  found: ReadonlyMap<string, { dtype: DType; shape: readonly number[] }>,
  expected: readonly ExpectedTensor[],
  options: MatchOptions = {},
): void {
  const problems = compareTensors(found, expected, options);
  if (problems.length > 0) throw new TensorMatchError(problems, options.file);
}

/**
 * Reads the tensors a model asks for, as f32, in the order asked.
 *
 * Throws TensorMatchError (see `matchTensors`), NonFiniteError (unless `allowNonFinite`), SourceError, or the signal's
 * reason. `onProgress` is told the tensors read and their number.
 */
export async function loadTensors(
  file: SafetensorsFile,
  expected: readonly ExpectedTensor[],
  options: Omit<MatchOptions, 'file'> & {
    allowNonFinite?: boolean;
    signal?: AbortSignal;
    onProgress?: (done: number, all: number) => void;
  } = {},
): Promise<Map<string, Float32Array<ArrayBuffer>>> {
  matchTensors(file.tensors, expected, { ...options, file: file.name });
  const loaded = new Map<string, Float32Array<ArrayBuffer>>();
  for (const { name, shape } of expected) {
    options.signal?.throwIfAborted();
    const values = await file.readAsF32(name);
    if (!options.allowNonFinite) requireFinite(values, { tensor: name, shape, file: file.name });
    loaded.set(name, values);
    options.onProgress?.(loaded.size, expected.length);
  }
  return loaded;
}

/** Throws NonFiniteError that names tensor and index unless every value is finite. */
export function requireFinite(
  values: Float32Array | Float64Array,
  { tensor, shape, file }: { tensor: string; shape: readonly number[]; file?: string },
): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new NonFiniteError(`the weights are damaged: ${values[i]} at index ${showShape(indexOf(i, shape))}`, {
      file,
      tensor,
      expected: 'finite values',
      found: `${values[i]} at element ${i}`,
      remedy: 'fetch or train the weights again',
    });
  }
}

/** Names within reach of `name` by edit distance, closest first, at most three. */
export function closestNames(name: string, candidates: readonly string[]): string[] {
  const reach = Math.max(2, Math.floor(name.length * 0.4));
  return candidates
    .slice(0, COMPARED)
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate, reach) }))
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/**
 * Levenshtein distance (insertions, deletions, substitutions), by rows of the usual table; anything above `reach` is
 * given as `reach + 1`, and found out early.
 */
export function editDistance(a: string, b: string, reach: number = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) > reach) return reach + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j] + 1, next[j - 1] + 1));
      least = Math.min(least, next[j]);
    }
    if (least > reach) return reach + 1;
    row = next;
  }
  return Math.min(row[b.length], reach + 1);
}

function indexOf(element: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = element;
  for (const size of [...shape].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}

function describe({ kind, name, expected, found, closest }: TensorProblem): string {
  const hint = closest.length > 0 ? `; did it mean ${closest.map((other) => quoted(other)).join(' or ')}?` : '';
  if (kind === 'missing') return `missing ${quoted(name)} ${expected}${hint}`;
  if (kind === 'unexpected') return `unexpected ${quoted(name)} ${found}${hint}`;
  return `${quoted(name)}: ${kind} expected ${expected}, found ${found}`;
}
