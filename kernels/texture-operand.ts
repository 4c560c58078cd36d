/**
 * Texture operands: tensors that a kernel reads as `texture_storage_2d<…, read>` of vec4 texels instead of as buffers.
 *
 * On lavapipe a buffer's load is a bounds check and a branch for each lane and component, about 280 instructions a vec4 of
 * eight lanes; texels are fetched whole, eight lanes at once, by a function of the driver in a third of the time. The copy
 * into the texture is a plain copy of memory, some 2 % of a matrix product. GPUs read buffers as fast, so only kernels for
 * software drivers ask for textures.
 *
 * A row of texels holds `rowsPerTexelRow` = R rows of the tensor (its last dimension, C elements) side by side, so element c
 * of row r lies in texel ((r mod R) · C + c) / 4 of texel row r / R. `common/texture.wgsl` reads it.
 */

import { KernelError } from './errors.js';
import {
  type BufferRef,
  bytesPerElement,
  type DeviceProfile,
  type Lowering,
  type Problem,
  sizeOf,
  type TensorType,
  type TextureLayout,
  type Variant,
} from './kernel.js';
import { preferOnSoftware } from './software.js';

/** Copies from a buffer start each row of a texture at a multiple of this. */
const ROW_BYTES = 256;
/** A larger tensor is read as the buffer it is: the copies would take too much memory beside the weights of a large model. */
const MOST_BYTES = 32 * 2 ** 20;
/** Texels of a cache line, in f32. */
const LINE = 4;

/** The layout of a tensor as a texture on a device, or why it has none. */
export function textureLayoutOf(
  { maxTextureSide }: Pick<DeviceProfile, 'maxTextureSide'>,
  type: TensorType,
): TextureLayout | string {
  const { shape, dtype } = type;
  if (dtype !== 'f32' && dtype !== 'f16') return 'textures hold f32 or f16';
  const row = shape.at(-1)!;
  const rows = sizeOf(shape) / row;
  if (row % 4 !== 0) return 'rows of a texture are multiples of 4 elements';
  if (rows * row * bytesPerElement[dtype] > MOST_BYTES) return `textures have at most ${MOST_BYTES} bytes`;
  let rowsPerTexelRow = 1;
  while (
    (rowsPerTexelRow * row * bytesPerElement[dtype]) % ROW_BYTES !== 0 ||
    Math.ceil(rows / rowsPerTexelRow) > maxTextureSide
  )
    rowsPerTexelRow *= 2;
  const rowTexels = (rowsPerTexelRow * row) / 4;
  // An odd number of cache lines, so that the texels of a column do not all fall into one set of the cache.
  const width = (Math.ceil(rowTexels / LINE) | 1) * LINE;
  if (width > maxTextureSide) return `a texture has at most ${maxTextureSide} texels in a row`;
  return {
    dtype,
    width,
    height: Math.ceil(rows / rowsPerTexelRow),
    texels: (rows * row) / 4,
    rowTexels,
    rowsPerTexelRow,
  };
}

/** By operand; one without is read as the buffer it is. */
export type TextureLayouts = readonly (TextureLayout | undefined)[];

/** Inputs of a call, read as the textures they have. */
export const readThroughTextures = (textures: TextureLayouts, refs: readonly BufferRef[]): BufferRef[] =>
  refs.map((ref) => {
    const texture = ref.of === 'input' ? textures[ref.index] : undefined;
    return texture ? { ...ref, texture } : ref;
  });

/** WGSL's name of the texels. */
export const texelFormat = (dtype: 'f32' | 'f16'): 'rgba32float' | 'rgba16float' =>
  dtype === 'f32' ? 'rgba32float' : 'rgba16float';

/** Values of the fields `rows_per_texel_row_log2_N` that a kernel's `struct Params` has for each input N read as a texture. */
export const textureParams = (textures: TextureLayouts): Record<string, number> =>
  Object.fromEntries(
    textures.flatMap((layout, i) =>
      layout ? [[`rows_per_texel_row_log2_${i}`, Math.log2(layout.rowsPerTexelRow)]] : [],
    ),
  );

/** The layout of each of the tensors, or why one of them has none. */
export function textureLayoutsOf(profile: DeviceProfile, types: readonly TensorType[]): TextureLayout[] | string {
  const textures = types.map((type) => textureLayoutOf(profile, type));
  return textures.find((texture) => typeof texture === 'string') ?? (textures as TextureLayout[]);
}

/** The variant over buffers, with operands in textures instead: `find` gives their layouts, or why there are none. */
export function withTextures<P extends Problem>(
  buffers: Variant<P>,
  find: (profile: DeviceProfile, problem: P) => TextureLayouts | string,
  lower: (profile: DeviceProfile, problem: P, textures: TextureLayouts) => Lowering,
): Variant<P> {
  const name = `${buffers.name}-texture`;
  return {
    name,
    unsupportedReason(profile, problem) {
      const reason = buffers.unsupportedReason(profile, problem);
      if (reason !== null) return reason;
      const textures = find(profile, problem);
      return typeof textures === 'string' ? textures : null;
    },
    notPreferredReason: preferOnSoftware,
    lower(profile, problem) {
      const textures = find(profile, problem);
      if (typeof textures === 'string') throw new KernelError(`${name}: ${textures}`);
      return { ...lower(profile, problem, textures), variant: name };
    },
  };
}
