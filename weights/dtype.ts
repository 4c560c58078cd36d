/** Element types of stored tensors, under the names the safetensors format gives them. */

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

/** Every known element type. */
export const DTYPES: readonly DType[] = Object.keys(ARRAYS) as DType[];

export function isDType(name: string): name is DType {
  return Object.hasOwn(ARRAYS, name);
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
