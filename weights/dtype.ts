/**
 * Element types of stored tensors, under the names that the safetensors format gives them (`Dtype` in
 * https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs).
 */

import { TensorTypeError } from './errors.js';

/** Arrays of stored elements. F16 and BF16 come as their bits (`half.ts` decodes them), BOOL as bytes 0 and 1. */
export type TypedArray<Memory extends ArrayBufferLike = ArrayBufferLike> =
  | Float64Array<Memory>
  | Float32Array<Memory>
  | BigInt64Array<Memory>
  | BigUint64Array<Memory>
  | Int32Array<Memory>
  | Uint32Array<Memory>
  | Int16Array<Memory>
  | Uint16Array<Memory>
  | Int8Array<Memory>
  | Uint8Array<Memory>;

interface ArrayConstructorOf {
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): TypedArray<ArrayBuffer>;
  readonly BYTES_PER_ELEMENT: number;
}

export type DType =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'U64'
  | 'I32'
  | 'U32'
  | 'I16'
  | 'U16'
  | 'I8'
  | 'U8'
  | 'BOOL';

const ARRAYS: Record<DType, ArrayConstructorOf> = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/**
 * Bits of one element of the types with which tensors are listed but which are never read: nothing here computes with
 * them. C32, C128 and F4_X2 (two F4 in a byte, counted as one element) are PyTorch's alone; safetensors has no name for
 * them.
 */
const LISTED_BITS = {
  F4: 4,
  F4_X2: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F8_E4M3: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2: 8,
  F8_E5M2FNUZ: 8,
  F8_E8M0: 8,
  C32: 32,
  C64: 64,
  C128: 128,
} as const;

/** The type of a tensor in a file: one that is read, or one that is only listed. */
export type StoredDType = DType | keyof typeof LISTED_BITS;

/** Element types that safetensors has no name for. */
const TORCH_ONLY: ReadonlySet<string> = new Set<StoredDType>(['F4_X2', 'C32', 'C128']);

/** Every element type that is read. */
export const DTYPES: readonly DType[] = Object.keys(ARRAYS) as DType[];

/** Every element type of the safetensors format. */
export const SAFETENSORS_DTYPES: readonly StoredDType[] = (
  [...DTYPES, ...Object.keys(LISTED_BITS)] as StoredDType[]
).filter((name) => !TORCH_ONLY.has(name));

export function isDType(name: string): name is DType {
  return Object.hasOwn(ARRAYS, name);
}

/** Bits of one element. */
export function bitsOf(dtype: StoredDType): number {
  return isDType(dtype) ? 8 * itemSize(dtype) : LISTED_BITS[dtype];
}

/**
 * The element type of a tensor that is about to be read.
 * @throws {TensorTypeError} for a type that is only listed
 */
export function readableDType({ dtype }: { readonly dtype: StoredDType }, tensor: string, file?: string): DType {
  if (isDType(dtype)) return dtype;
  throw new TensorTypeError('elements of this type are only listed, not read', {
    file,
    tensor,
    expected: DTYPES.join(', '),
    found: dtype,
    remedy: 'store it as one of these with the program that wrote it',
  });
}

/** Bytes of one element. */
export function itemSize(dtype: DType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** Whether `data` is the array kind in which elements of `dtype` are kept. */
export function isArrayOf(dtype: DType, data: ArrayBufferView): boolean {
  return data instanceof ARRAYS[dtype];
}

/** The elements that `bytes` hold; shares memory. `bytes` must begin at a multiple of the item size. */
export function viewAs(dtype: DType, bytes: Uint8Array<ArrayBuffer>): TypedArray<ArrayBuffer> {
  const Kind = ARRAYS[dtype];
  return new Kind(bytes.buffer, bytes.byteOffset, bytes.byteLength / Kind.BYTES_PER_ELEMENT);
}
