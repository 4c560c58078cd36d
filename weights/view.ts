/** Tensors that are views of a file's bytes: read by range where they are contiguous, gathered where they are not. */

import { countOf } from './checkpoint.js';
import { type DType, itemSize, type TypedArray, viewAs } from './dtype.js';
import { LayoutError } from './errors.js';
import { showShape } from './safetensors-header.js';
import type { ByteSource } from './source.js';
import { copyStrided, rowMajorStrides } from './strided-copy.js';

export interface FileView {
  dtype: DType;
  shape: readonly number[];
  /** In elements. */
  strides: readonly number[];
  /** Byte of the file at which element 0 begins. */
  begin: number;
}

/** Up to this many bytes a view that is not contiguous is read as a whole, and kept until its last part is read. */
const WHOLE = 64 * 2 ** 20;
/** The most bytes that are read to gather what was asked for. */
const LARGEST_SPAN = 2 ** 30;

/** Reads parts of views of one source. */
export class ViewReader {
  readonly #source: ByteSource;
  #kept: { view: FileView; bytes: Uint8Array<ArrayBuffer> } | undefined;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** `count` elements from `first`, counted row by row. */
  async read(view: FileView, first: number, count: number, tensor: string): Promise<TypedArray<ArrayBuffer>> {
    const { dtype, shape, begin } = view;
    const size = itemSize(dtype);
    if (isContiguous(view)) return viewAs(dtype, await this.#source.read(begin + first * size, count * size));
    const result = viewAs(dtype, new Uint8Array(count * size));
    if (count === 0) return result;
    const wholeSpan = spanOf(view, 0, shape[0]!) * size;
    if (wholeSpan <= WHOLE) {
      if (this.#kept?.view !== view) {
        const bytes = await this.#source.read(begin, wholeSpan);
        this.#kept = { view, bytes };
      }
      gather(view, this.#kept.bytes, 0, first, result);
      if (first + count === countOf(shape)) this.#kept = undefined;
      return result;
    }
    const inRow = countOf(shape.slice(1));
    // As many rows at once as the span allows.
    for (let done = 0; done < count; ) {
      const row = Math.floor((first + done) / inRow);
      let rows = Math.ceil((first + count) / inRow) - row;
      while (rows > 1 && spanOf(view, row, rows) * size > WHOLE) rows = Math.ceil(rows / 2);
      const span = spanOf(view, row, rows) * size;
      if (span > LARGEST_SPAN) {
        throw new LayoutError('its elements are spread over too much of the file', {
          file: this.#source.name,
          tensor,
          expected: `rows within ${LARGEST_SPAN} bytes`,
          found: `strides ${showShape(view.strides)}`,
          remedy: 'store it with .contiguous()',
        });
      }
      const bytes = await this.#source.read(begin + row * view.strides[0]! * size, span);
      const part = Math.min(count - done, (row + rows) * inRow - first - done);
      gather(view, bytes, row, first + done, result.subarray(done, done + part) as TypedArray<ArrayBuffer>);
      done += part;
    }
    return result;
  }
}

/** Whether the elements follow one another in the file, row by row. */
function isContiguous({ shape, strides }: FileView): boolean {
  const expected = rowMajorStrides(shape);
  return shape.includes(0) || shape.every((size, d) => size === 1 || strides[d] === expected[d]);
}

/** Elements from the first of row `row` to the last of the `rows` rows, in the file. */
function spanOf({ shape, strides }: FileView, row: number, rows: number): number {
  let last = (Math.min(rows, shape[0]! - row) - 1) * strides[0]!;
  for (let d = 1; d < shape.length; d++) last += (shape[d]! - 1) * strides[d]!;
  return last + 1;
}

/** Fills `result` with the elements from `first` on; `bytes` begin with the first element of row `row`. */
function gather(view: FileView, bytes: Uint8Array<ArrayBuffer>, row: number, first: number, result: TypedArray): void {
  const array = viewAs(view.dtype, bytes);
  const inRow = countOf(view.shape.slice(1));
  const block = (from: number, to: number, target: TypedArray): void =>
    copyStrided(
      { array, offset: (from - row) * view.strides[0]!, strides: view.strides },
      { array: target, offset: 0, strides: rowMajorStrides(view.shape) },
      [to - from, ...view.shape.slice(1)],
    );
  // Whole rows are copied directly; a row of which only a part is wanted is gathered whole first.
  for (let at = first; at < first + result.length; ) {
    const from = Math.floor(at / inRow);
    const skipped = at - from * inRow;
    const rows = Math.floor((first + result.length - at) / inRow);
    if (skipped === 0 && rows > 0) {
      block(from, from + rows, result.subarray(at - first) as TypedArray);
      at += rows * inRow;
      continue;
    }
    const whole = viewAs(view.dtype, new Uint8Array(inRow * itemSize(view.dtype)));
    block(from, from + 1, whole);
    const length = Math.min(inRow - skipped, first + result.length - at);
    (result as Uint8Array).set(whole.subarray(skipped, skipped + length) as Uint8Array, at - first);
    at += length;
  }
}
