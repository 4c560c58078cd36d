/** Textures that kernels read tensors through (`kernels/texture-operand.ts`), on a device. */

import { bytesPerElement, type TextureLayout } from '../kernels/kernel.js';
import { texelFormat } from '../kernels/texture-operand.js';
import { TextureUsage } from './gpu-flags.js';

/** A copy of a tensor's buffer into a texture. */
export interface TextureCopy {
  readonly source: GPUBuffer;
  readonly texture: GPUTexture;
  readonly layout: TextureLayout;
}

export const textureBytes = ({ dtype, width, height }: TextureLayout): number =>
  width * height * 4 * bytesPerElement[dtype];

export function createOperandTexture(device: GPUDevice, { dtype, width, height }: TextureLayout): GPUTexture {
  return device.createTexture({
    label: 'texture operand',
    size: [width, height],
    format: texelFormat(dtype),
    usage: TextureUsage.STORAGE_BINDING | TextureUsage.COPY_DST,
  });
}

/** Whole rows of the texture at once; then what is left for the last one, if it is not full. */
export function copyToTexture(encoder: GPUCommandEncoder, { source, texture, layout }: TextureCopy): void {
  const { dtype, rowTexels, texels } = layout;
  const bytesPerRow = rowTexels * 4 * bytesPerElement[dtype];
  const full = Math.floor(texels / rowTexels);
  const rest = texels % rowTexels;
  if (full > 0) encoder.copyBufferToTexture({ buffer: source, bytesPerRow }, { texture }, [rowTexels, full]);
  if (rest > 0) {
    const offset = full * bytesPerRow;
    encoder.copyBufferToTexture({ buffer: source, offset }, { texture, origin: [0, full] }, [rest, 1]);
  }
}
