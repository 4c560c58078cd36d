/** From a file's tensors to the ones a model asks for: every mismatch reported at once, non-finite values refused. */

import type { CheckpointTensor } from './checkpoint.js';
import { type DType, readableDType } from './dtype.js';
import { NonFiniteError, quoted, WeightsError } from './errors.js';
import { closestNames } from './names.js';
import { showShape } from './safetensors-header.js';
import { copyStrided, rowMajorStrides } from './strided-copy.js';

/** A tensor that a model asks for. */
export interface ExpectedTensor {
  name: string;
  shape: readonly number[];
  /** Any type will do when left out. */
  dtype?: DType;
  /**
   * Where the file keeps the dimensions: dimension `d` of `shape` is dimension `torchOrder[d]` of the stored tensor (see
   * TORCH_ORDER in model/networks/parameters.ts). Absent: they are the same.
   */
  torchOrder?: readonly number[];
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

/** Every difference between the tensors of a file and those a model asks for; empty when they fit. */
export function compareTensors(
  found: ReadonlyMap<string, CheckpointTensor>,
  expected: readonly ExpectedTensor[],
  options: MatchOptions = {},
): TensorProblem[] {
  const wanted = new Map(expected.map((tensor) => [tensor.name, tensor]));
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const unexpected = [...found.keys()].filter((name) => !wanted.has(name));
  const problems: TensorProblem[] = missing.map((name, i) => ({
    kind: 'missing',
    name,
    expected: showShape(storedShape(wanted.get(name)!)),
    closest: i < SHOWN ? closestNames(name, unexpected) : [],
  }));
  for (const [name, asked] of wanted) {
    const tensor = found.get(name);
    if (!tensor) continue;
    const { dtype } = asked;
    const shape = storedShape(asked);
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

/** The shape of the stored tensor. */
export function storedShape({ shape, torchOrder }: Pick<ExpectedTensor, 'shape' | 'torchOrder'>): number[] {
  const stored = [...shape];
  torchOrder?.forEach((from, d) => {
    stored[from] = shape[d]!;
  });
  return stored;
}

/**
 * @throws {TensorMatchError} with every problem, when the file's tensors are not those asked for
 * @throws {TensorTypeError} when they are, but one has a type that is only listed
 */
export function matchTensors(
  found: ReadonlyMap<string, CheckpointTensor>,
  expected: readonly ExpectedTensor[],
  options: MatchOptions = {},
): void {
  const problems = compareTensors(found, expected, options);
  if (problems.length > 0) throw new TensorMatchError(problems, options.file);
  for (const { name } of expected) readableDType(found.get(name)!, name, options.file);
}

/** What loading needs of a checkpoint or a safetensors file. */
export interface LoadableFile {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  readAsF32(name: string): Promise<Float32Array<ArrayBuffer>>;
}

/**
 * Reads the tensors a model asks for, as f32, in the order asked, their dimensions in the model's order.
 * `onProgress` is told the tensors read and their number.
 * @throws {TensorMatchError} with every problem, when the file's tensors are not those asked for
 * @throws {TensorTypeError} for a tensor whose type is only listed, before any is read
 * @throws {NonFiniteError} for NaN and infinities, unless `allowNonFinite`
 * @throws {SourceError} when the file cannot be read
 * @throws the signal's reason
 */
export async function loadTensors(
  file: LoadableFile,
  expected: readonly ExpectedTensor[],
  options: Omit<MatchOptions, 'file'> & {
    allowNonFinite?: boolean;
    signal?: AbortSignal;
    onProgress?: (done: number, all: number) => void;
  } = {},
): Promise<Map<string, Float32Array<ArrayBuffer>>> {
  matchTensors(file.tensors, expected, { ...options, file: file.name });
  const loaded = new Map<string, Float32Array<ArrayBuffer>>();
  for (const asked of expected) {
    options.signal?.throwIfAborted();
    const { name } = asked;
    const values = await file.readAsF32(name);
    if (!options.allowNonFinite) requireFinite(values, { tensor: name, shape: storedShape(asked), file: file.name });
    loaded.set(name, reordered(values, asked));
    options.onProgress?.(loaded.size, expected.length);
  }
  return loaded;
}

/** Stored values in the order of the model's dimensions. */
function reordered(values: Float32Array<ArrayBuffer>, asked: ExpectedTensor): Float32Array<ArrayBuffer> {
  const { shape, torchOrder } = asked;
  if (!torchOrder || torchOrder.every((from, d) => from === d)) return values;
  const strides = rowMajorStrides(storedShape(asked));
  const result = new Float32Array(values.length);
  copyStrided(
    { array: values, offset: 0, strides: torchOrder.map((from) => strides[from]!) },
    { array: result, offset: 0, strides: rowMajorStrides(shape) },
    shape,
  );
  return result;
}

/**
 * Checks that every value is finite. `values` may be a part of the tensor that begins at its element `first`.
 * @throws {NonFiniteError} with tensor and index
 */
export function requireFinite(
  values: Float32Array | Float64Array,
  { tensor, shape, file, first = 0 }: { tensor: string; shape: readonly number[]; file?: string; first?: number },
): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const index = showShape(indexOf(first + i, shape));
    throw new NonFiniteError(`the weights are damaged: ${values[i]} at index ${index}`, {
      file,
      tensor,
      expected: 'finite values',
      found: `${values[i]} at element ${first + i}`,
      remedy: 'fetch or train the weights again',
    });
  }
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
