/** Between f64 values and the bytes of a tensor. */

import { bytesPerElement, sizeOf, type TensorType } from '../../kernels/kernel.js';
import { decodeF16, encodeF16 } from '../../weights/half.js';
import { BenchError } from './errors.js';

/** The tensor's bytes: each value rounded to the nearest that the storage type holds. */
export function toBytes(type: TensorType, values: Float64Array): Uint8Array {
  if (values.length !== sizeOf(type.shape)) {
    throw new BenchError(`[${type.shape}] holds ${sizeOf(type.shape)} elements, ${values.length} were given`);
  }
  switch (type.dtype) {
    case 'f32':
      return new Uint8Array(Float32Array.from(values).buffer);
    case 'f16':
      return new Uint8Array(encodeF16(Float32Array.from(values)).buffer);
    case 'u32':
      return new Uint8Array(Uint32Array.from(values).buffer);
    case 'i32':
      return new Uint8Array(Int32Array.from(values).buffer);
  }
}

/** The values that the bytes stand for; bytes past the tensor are left alone. */
export function toValues(type: TensorType, bytes: Uint8Array): Float64Array {
  const own = bytes.slice(0, sizeOf(type.shape) * bytesPerElement[type.dtype]).buffer;
  switch (type.dtype) {
    case 'f32':
      return Float64Array.from(new Float32Array(own));
    case 'f16':
      return Float64Array.from(decodeF16(new Uint16Array(own)));
    case 'u32':
      return Float64Array.from(new Uint32Array(own));
    case 'i32':
      return Float64Array.from(new Int32Array(own));
  }
}
