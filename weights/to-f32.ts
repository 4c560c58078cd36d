/** Stored elements of any type as f32. */

import type { DType, TypedArray } from './dtype.js';
import { decodeBf16, decodeF16 } from './half.js';

/** Exact from F16, BF16, BOOL and small integers, rounded to nearest from the wider types. */
export function toF32(dtype: DType, data: TypedArray<ArrayBuffer>): Float32Array<ArrayBuffer> {
  if (data instanceof Float32Array) return data;
  if (dtype === 'F16') return decodeF16(data as Uint16Array);
  if (dtype === 'BF16') return decodeBf16(data as Uint16Array);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  return new Float32Array(data);
}
