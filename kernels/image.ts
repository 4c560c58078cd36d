/**
 * Tensors read as images: textures of vec4 texels, read as `texture_storage_2d<…, read>`.
 *
 * On lavapipe a buffer's load is a bounds check and a branch for each lane and component, about 280 instructions a vec4 of
 * eight lanes; texels are fetched whole, eight lanes at once, by a function of the driver in a third of the time. The copy
 * into the texture is a plain copy of memory, some 2 % of a matrix product. GPUs read buffers as fast, so only kernels for
 * software drivers ask for images.
 *
 * A row of the image holds `fold` rows of the tensor (its last dimension) side by side, so element c of row r lies in texel
 * ((r mod fold) · C + c) / 4 of row r / fold. `common/image.wgsl` reads it.
 */

import { KernelError } from './errors.js';
import {
  type BufferRef,
  bytesPerElement,
  type DeviceProfile,
  type ImageShape,
  type Lowering,
  type Problem,
  sizeOf,
  type TensorType,
  type Variant,
} from './kernel.js';
import { unlessSoftware } from './software.js';

/** Copies from a buffer start each row of an image at a multiple of this. */
const ROW_BYTES = 256;
/** A larger tensor is read as the buffer it is: the copies would take too much memory beside the weights of a large model. */
const MOST_BYTES = 32 * 2 ** 20;
/** Texels of a cache line, in f32. */
const LINE = 4;

/** The image of a tensor on a device, or why it has none. */
export function imageOf({ maxImageSide }: Pick<DeviceProfile, 'maxImageSide'>, type: TensorType): ImageShape | string {
  const { shape, dtype } = type;
  if (dtype !== 'f32' && dtype !== 'f16') return 'images hold f32 or f16';
  const row = shape.at(-1)!;
  const rows = sizeOf(shape) / row;
  if (row % 4 !== 0) return 'rows of an image are multiples of 4 elements';
  if (rows * row * bytesPerElement[dtype] > MOST_BYTES) return `images have at most ${MOST_BYTES} bytes`;
  let fold = 1;
  while ((fold * row * bytesPerElement[dtype]) % ROW_BYTES !== 0 || Math.ceil(rows / fold) > maxImageSide) fold *= 2;
  const rowTexels = (fold * row) / 4;
  // An odd number of cache lines, so that the texels of a column do not all fall into one set of the cache.
  const width = (Math.ceil(rowTexels / LINE) | 1) * LINE;
  if (width > maxImageSide) return `an image has at most ${maxImageSide} texels in a row`;
  return { dtype, width, height: Math.ceil(rows / fold), texels: (rows * row) / 4, rowTexels, fold };
}

/** By operand; one without is read as the buffer it is. */
export type Images = readonly (ImageShape | undefined)[];

/** Inputs of a call, read as the images they have. */
export const readAs = (images: Images, refs: readonly BufferRef[]): BufferRef[] =>
  refs.map((ref) => {
    const image = ref.of === 'input' ? images[ref.index] : undefined;
    return image ? { ...ref, image } : ref;
  });

/** WGSL's name of the texels. */
export const texelFormat = (dtype: 'f32' | 'f16'): 'rgba32float' | 'rgba16float' =>
  dtype === 'f32' ? 'rgba32float' : 'rgba16float';

/** Values of the fields `fold_bits_N` that a kernel's `struct Params` has for each input N read as an image. */
export const foldParams = (images: Images): Record<string, number> =>
  Object.fromEntries(images.flatMap((image, i) => (image ? [[`fold_bits_${i}`, Math.log2(image.fold)]] : [])));

/** The image of each of the tensors, or why one of them has none. */
export function imagesOf(profile: DeviceProfile, types: readonly TensorType[]): ImageShape[] | string {
  const images = types.map((type) => imageOf(profile, type));
  return images.find((image) => typeof image === 'string') ?? (images as ImageShape[]);
}

/** The variant over buffers, over images instead: `find` gives them, or why there are none. */
export function overImages<P extends Problem>(
  buffers: Variant<P>,
  find: (profile: DeviceProfile, problem: P) => Images | string,
  lower: (profile: DeviceProfile, problem: P, images: Images) => Lowering,
): Variant<P> {
  const name = `${buffers.name}-image`;
  return {
    name,
    refuses(profile, problem) {
      const refusal = buffers.refuses(profile, problem);
      if (refusal !== null) return refusal;
      const images = find(profile, problem);
      return typeof images === 'string' ? images : null;
    },
    unsuited: unlessSoftware,
    lower(profile, problem) {
      const images = find(profile, problem);
      if (typeof images === 'string') throw new KernelError(`${name}: ${images}`);
      return { ...lower(profile, problem, images), variant: name };
    },
  };
}
