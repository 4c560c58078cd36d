/**
 * Weights onto a device: each tensor is read in pieces, converted, put into the model's order of dimensions and written
 * to its variable, so that a checkpoint far larger than the host's memory passes through a staging area of fixed size.
 */

import { type Checkpoint, countOf } from './checkpoint.js';
import { type DType, itemSize, readableDType, type TypedArray } from './dtype.js';
import { NonFiniteError } from './errors.js';
import { encodeF16 } from './half.js';
import { type ExpectedTensor, type MatchOptions, matchTensors, requireFinite, storedShape } from './load.js';
import { copyStrided, rowMajorStrides } from './strided-copy.js';
import { toF32 } from './to-f32.js';

/** A model's parameter, as `ParameterSpec` in model/networks/parameters.ts has it. */
export type WeightSpec = Pick<ExpectedTensor, 'name' | 'shape' | 'torchOrder'>;

export type DeviceDType = 'f32' | 'f16';

/** The parts of an engine that weights are written to. */
export interface WeightTarget {
  readonly variables: {
    writePart(
      name: string,
      type: { shape: readonly number[]; dtype: DeviceDType },
      first: number,
      data: Float32Array | Uint16Array,
    ): void;
  };
  /** Waits until the device has taken what was written. */
  idle(): Promise<void>;
}

export interface UploadOptions extends Omit<MatchOptions, 'file'> {
  /** How the device stores a parameter. Default f32. */
  dtype?: DeviceDType | ((spec: WeightSpec) => DeviceDType);
  /** NaN and infinities are let through. Default false. */
  allowNonFinite?: boolean;
  signal?: AbortSignal;
  /** Told the bytes written, those to write in all, and the parameter in work. */
  onProgress?: (done: number, all: number, name: string) => void;
}

/** Bytes of a checkpoint read at once. */
const PIECE = 8 * 2 ** 20;
/** Bytes that are put into order at once, unless a single row of a parameter is longer. */
const WINDOW = 48 * 2 ** 20;
/** Bytes written before the device is waited for, so that its own copies of them do not pile up. */
const UNSETTLED = 64 * 2 ** 20;

/**
 * Writes a checkpoint's tensors to the target's variables of the same names.
 *
 * Host memory beyond the variables themselves stays below 256 MB, whatever the checkpoint's size.
 * @throws {TensorMatchError} with every mismatch, before anything is written
 * @throws {TensorTypeError} for a tensor whose type is only listed, before anything is written
 * @throws {NonFiniteError} for NaN, infinities, and values too large for f16 where that is asked for
 * @throws {SourceError} when the file cannot be read
 * @throws the signal's reason
 */
export async function uploadWeights(
  checkpoint: Checkpoint,
  specs: Iterable<WeightSpec>,
  target: WeightTarget,
  options: UploadOptions = {},
): Promise<void> {
  const wanted = [...specs];
  matchTensors(checkpoint.tensors, wanted, { allowUnexpected: options.allowUnexpected, file: checkpoint.name });
  const dtypeOf = (spec: WeightSpec): DeviceDType =>
    (typeof options.dtype === 'function' ? options.dtype(spec) : options.dtype) ?? 'f32';
  const bytesOf = (spec: WeightSpec): number => countOf(spec.shape) * (dtypeOf(spec) === 'f16' ? 2 : 4);
  const all = wanted.reduce((sum, spec) => sum + bytesOf(spec), 0);
  const staging = new Staging();
  let done = 0;
  let unsettled = 0;
  for (const spec of wanted) {
    const type = { shape: spec.shape, dtype: dtypeOf(spec) };
    for await (const { first, data } of inModelOrder(checkpoint, spec, type.dtype, options, staging)) {
      options.signal?.throwIfAborted();
      target.variables.writePart(spec.name, type, first, data);
      done += data.byteLength;
      unsettled += data.byteLength;
      if (unsettled >= UNSETTLED) {
        await target.idle();
        unsettled = 0;
      }
      options.onProgress?.(done, all, spec.name);
    }
  }
  await target.idle();
}

interface Part {
  /** Element of the parameter at which it begins. */
  first: number;
  data: Float32Array | Uint16Array;
}

/** One buffer for all windows. */
class Staging {
  #buffer = new ArrayBuffer(0);

  take(dtype: DeviceDType, length: number): Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
    const Kind = dtype === 'f16' ? Uint16Array : Float32Array;
    const bytes = length * Kind.BYTES_PER_ELEMENT;
    if (this.#buffer.byteLength < bytes)
      this.#buffer = new ArrayBuffer(bytes > WINDOW / 4 ? Math.max(bytes, WINDOW) : bytes);
    return new Kind(this.#buffer, 0, length);
  }
}

/** The parameter's elements, converted, in parts that follow one another. Each is used before the next is asked for. */
async function* inModelOrder(
  checkpoint: Checkpoint,
  spec: WeightSpec,
  dtype: DeviceDType,
  options: UploadOptions,
  staging: Staging,
): AsyncGenerator<Part> {
  const { name, shape } = spec;
  const stored = storedShape(spec);
  const order = spec.torchOrder ?? shape.map((_, d) => d);
  const storedDType = readableDType(checkpoint.tensors.get(name)!, name, checkpoint.name);
  const piece = async (first: number, count: number): Promise<Float32Array | Uint16Array> => {
    const data = await checkpoint.readPart(name, first, count);
    return converted(data, storedDType, dtype, { tensor: name, first, shape: stored, file: checkpoint.name }, options);
  };
  const perPiece = PIECE / itemSize(storedDType);
  const all = countOf(shape);
  if (all === 0) {
    yield { first: 0, data: staging.take(dtype, 0) };
    return;
  }
  if (order.every((from, d) => from === d)) {
    for (let first = 0; first < all; first += perPiece) {
      yield { first, data: await piece(first, Math.min(perPiece, all - first)) };
    }
    return;
  }
  const [rows, storedRows] = [shape[0]!, stored[0]!];
  const [inRow, inStoredRow] = [all / rows, all / storedRows];
  // Even numbers of rows, because f16 is written in pairs.
  const atOnce = Math.max(2, 2 * Math.floor(WINDOW / (dtype === 'f16' ? 2 : 4) / inRow / 2));
  const storedAtOnce = Math.max(1, Math.floor(perPiece / inStoredRow));
  const storedStrides = rowMajorStrides(stored);
  const ours = rowMajorStrides(shape);
  /** Our dimension that the file keeps outermost. */
  const outermost = order.indexOf(0);
  for (let row = 0; row < rows; row += atOnce) {
    const window = Math.min(atOnce, rows - row);
    const array = staging.take(dtype, window * inRow);
    // The file's rows that have elements in this window: the same ones where our outermost dimension is the file's.
    const [from, to] = outermost === 0 ? ([row, row + window] as const) : ([0, storedRows] as const);
    for (let at = from; at < to; at += storedAtOnce) {
      options.signal?.throwIfAborted();
      const count = Math.min(storedAtOnce, to - at);
      const source = await piece(at * inStoredRow, count * inStoredRow);
      const block = shape.map((size, d) => (d === outermost ? count : d === 0 ? window : size));
      copyStrided(
        {
          array: source,
          offset: outermost === 0 ? 0 : row * storedStrides[order[0]!]!,
          strides: order.map((d) => storedStrides[d]!),
        },
        { array, offset: outermost === 0 ? (at - row) * inRow : at * ours[outermost]!, strides: ours },
        block,
      );
    }
    yield { first: row * inRow, data: array };
  }
}

/** Where a piece lies, for messages. */
interface PieceLocation {
  tensor: string;
  file: string;
  /** Element of the stored tensor, whose shape is `shape`, at which the piece begins. */
  first: number;
  shape: readonly number[];
}

function converted(
  data: TypedArray<ArrayBuffer>,
  from: DType,
  to: DeviceDType,
  piece: PieceLocation,
  options: UploadOptions,
): Float32Array | Uint16Array {
  if (to === 'f16' && from === 'F16') {
    const bits = data as Uint16Array<ArrayBuffer>;
    if (!options.allowNonFinite && firstNonFiniteHalf(bits) >= 0) requireFinite(toF32(from, data), piece);
    return bits;
  }
  const values = toF32(from, data);
  if (!options.allowNonFinite) requireFinite(values, piece);
  if (to === 'f32') return values;
  const bits = encodeF16(values);
  const lost = options.allowNonFinite ? -1 : firstNonFiniteHalf(bits);
  if (lost < 0) return bits;
  throw new NonFiniteError(`element ${piece.first + lost} is too large for f16`, {
    file: piece.file,
    tensor: piece.tensor,
    expected: 'magnitudes below 65520',
    found: `${values[lost]}`,
    remedy: 'keep it as f32',
  });
}

/** Index of the first infinity or NaN; −1 where there is none. */
function firstNonFiniteHalf(bits: Uint16Array): number {
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7c00) === 0x7c00) return i;
  return -1;
}
