/** Copies between arrays of any strides: how views of a checkpoint are gathered and dimensions put into another order. */

import type { TypedArray } from './dtype.js';

/** An array, the element where the copy begins, and how far apart neighbours along each dimension are, in elements. */
export interface Strided {
  array: TypedArray;
  offset: number;
  strides: readonly number[];
}

/** Side of the square tiles in which two dimensions are walked; both sides' lines of memory then stay in cache. */
const TILE = 32;
/** Runs at least this long are copied as a whole. */
const LONG_RUN = 16;

/** Distances between neighbours of a contiguous row-major array. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d]!;
  }
  return strides;
}

/**
 * Copies a block of `shape` from one array to the other; both must be of one kind and hold the block (the caller's to
 * check). Bits are kept, also those of NaN.
 */
export function copyStrided(from: Strided, to: Strided, shape: readonly number[]): void {
  if (shape.includes(0)) return;
  const wide = from.array.BYTES_PER_ELEMENT === 8;
  const [source, target] = [bitsOf(from.array), bitsOf(to.array)];
  const scale = wide ? 2 : 1;
  let dims = shape.map((size, d) => ({ size, from: from.strides[d]! * scale, to: to.strides[d]! * scale }));
  // Eight-byte elements are copied as pairs of four.
  if (wide) dims.push({ size: 2, from: 1, to: 1 });
  dims = merged(dims);
  const inner = dims.pop() ?? { size: 1, from: 1, to: 1 };
  // The second dimension of the tiles is the one that the source keeps closest together.
  dims.sort((a, b) => b.from - a.from);
  const other = inner.from === 1 ? undefined : dims.pop();
  const index = new Array<number>(dims.length).fill(0);
  let [s, t] = [from.offset * scale, to.offset * scale];
  for (;;) {
    if (other === undefined) copyLine(source, s, target, t, inner);
    else copyTiles(source, s, target, t, other, inner);
    let d = dims.length - 1;
    for (; d >= 0; d--) {
      const dim = dims[d]!;
      s += dim.from;
      t += dim.to;
      index[d]! += 1;
      if (index[d]! < dim.size) break;
      index[d] = 0;
      s -= dim.from * dim.size;
      t -= dim.to * dim.size;
    }
    if (d < 0) return;
  }
}

interface Dimension {
  size: number;
  from: number;
  to: number;
}

type Bits = Uint32Array | Uint16Array | Uint8Array;

/** Outermost first by the target's strides, without those of size 1, neighbours joined where both sides allow it. */
function merged(dims: readonly Dimension[]): Dimension[] {
  const ordered = dims.filter(({ size }) => size > 1).sort((a, b) => b.to - a.to);
  const result: Dimension[] = [];
  for (const dim of ordered) {
    const last = result.at(-1);
    if (last && last.from === dim.from * dim.size && last.to === dim.to * dim.size) {
      result[result.length - 1] = { size: last.size * dim.size, from: dim.from, to: dim.to };
    } else result.push(dim);
  }
  return result;
}

function copyLine(source: Bits, s: number, target: Bits, t: number, { size, from, to }: Dimension): void {
  if (from === 1 && to === 1 && size >= LONG_RUN) {
    target.set(source.subarray(s, s + size), t);
    return;
  }
  for (let i = 0; i < size; i++) target[t + i * to] = source[s + i * from]!;
}

function copyTiles(source: Bits, s: number, target: Bits, t: number, outer: Dimension, inner: Dimension): void {
  for (let o0 = 0; o0 < outer.size; o0 += TILE) {
    const o1 = Math.min(o0 + TILE, outer.size);
    for (let i0 = 0; i0 < inner.size; i0 += TILE) {
      const i1 = Math.min(i0 + TILE, inner.size);
      for (let o = o0; o < o1; o++) {
        let a = s + o * outer.from + i0 * inner.from;
        let b = t + o * outer.to + i0 * inner.to;
        for (let i = i0; i < i1; i++) {
          target[b] = source[a]!;
          a += inner.from;
          b += inner.to;
        }
      }
    }
  }
}

function bitsOf(array: TypedArray): Bits {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: size } = array;
  if (size === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  if (size === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
