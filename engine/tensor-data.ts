/** Tensors on the host: typed arrays, packed and row-major. */

import type { DType } from '../kernels/kernel.js';

/** The array that holds elements of a storage type; f16 as its bits (`weights/half.ts` converts them). */
export interface HostArrays {
  f32: Float32Array;
  f16: Uint16Array;
  u32: Uint32Array;
  i32: Int32Array;
}

export type TensorData = HostArrays[DType];

/** Types of constants and of outputs: all that the host computes with. */
export type HostType = Exclude<DType, 'f16'>;

const ARRAYS = { f32: Float32Array, f16: Uint16Array, u32: Uint32Array, i32: Int32Array } as const;

/** `bytes` as elements of a storage type. */
export function typedView<D extends DType>(dtype: D, bytes: ArrayBuffer): HostArrays[D] {
  return new ARRAYS[dtype](bytes) as HostArrays[D];
}
