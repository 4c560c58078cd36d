/** Textures that kernels read tensors through (`kernels/texture-operand.ts`), and which steps share one. */

import { bytesPerElement, type TextureLayout } from '../kernels/kernel.js';
import { texelFormat } from '../kernels/texture-operand.js';
import { TextureUsage } from './gpu-flags.js';

/** A copy of a tensor's buffer into a texture. */
export interface TextureCopy {
  readonly source: GPUBuffer;
  readonly texture: GPUTexture;
  readonly layout: TextureLayout;
}

/**
 * Assigns a texture to each tensor that is read as one. A texture is needed only from its copy to the call behind it, so
 * tensors of different steps share one that is large enough; tensors of the same step do not.
 */
export function assignTextures(needs: readonly { step: number; layout: TextureLayout }[]): {
  textures: TextureLayout[];
  assignment: number[];
} {
  const texels = ({ width, height }: TextureLayout): number => width * height;
  const order = [...needs.keys()].sort((a, b) => texels(needs[b]!.layout) - texels(needs[a]!.layout));
  const pool: { layout: TextureLayout; steps: Set<number> }[] = [];
  const assignment = new Array<number>(needs.length).fill(0);
  for (const i of order) {
    const { step, layout } = needs[i]!;
    let found = pool.findIndex(
      ({ layout: large, steps }) =>
        large.dtype === layout.dtype &&
        large.width >= layout.width &&
        large.height >= layout.height &&
        !steps.has(step),
    );
    if (found < 0) found = pool.push({ layout, steps: new Set() }) - 1;
    pool[found]!.steps.add(step);
    assignment[i] = found;
  }
  return { textures: pool.map(({ layout }) => layout), assignment };
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
