/** Strided views: the shapes-and-strides arithmetic behind permutation, slicing and repetition. */

/** A view of a contiguous tensor: output dimension `d` walks the input by `strides[d]` elements from `offset` on. */
export interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Strides of a contiguous row-major tensor. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d]!;
  }
  return strides;
}

/** Merges neighbouring dimensions that are walked as one, and drops those of size 1; innermost first in the result. */
export function collapse({ shape, strides }: View): { size: number; stride: number }[] {
  const dims: { size: number; stride: number }[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    const size = shape[d]!;
    const stride = strides[d]!;
    if (size === 1) continue;
    const inner = dims.at(-1);
    if (inner && stride === inner.stride * inner.size) inner.size *= size;
    else dims.push({ size, stride });
  }
  return dims.length > 0 ? dims : [{ size: 1, stride: 0 }];
}
