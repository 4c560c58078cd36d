/** Textures that kernels read tensors through (`kernels/image.ts`), and which steps share one. */

import { texelFormat } from '../kernels/image.js';
import { bytesPerElement, type ImageShape } from '../kernels/kernel.js';

const STORAGE_BINDING = 0x8;
const COPY_DST = 0x2;

/** A copy of a tensor's buffer into a texture. */
export interface ImageCopy {
  readonly source: GPUBuffer;
  readonly texture: GPUTexture;
  readonly shape: ImageShape;
}

/**
 * Assigns an image to each tensor that is read as one. An image is needed only from its copy to the call behind it, so
 * tensors of different steps share one that is large enough; tensors of the same step do not.
 */
export function assignImages(needs: readonly { step: number; shape: ImageShape }[]): {
  images: ImageShape[];
  assignment: number[];
} {
  const texels = ({ width, height }: ImageShape): number => width * height;
  const order = [...needs.keys()].sort((a, b) => texels(needs[b]!.shape) - texels(needs[a]!.shape));
  const pool: { shape: ImageShape; steps: Set<number> }[] = [];
  const assignment = new Array<number>(needs.length).fill(0);
  for (const i of order) {
    const { step, shape } = needs[i]!;
    let found = pool.findIndex(
      ({ shape: large, steps }) =>
        large.dtype === shape.dtype && large.width >= shape.width && large.height >= shape.height && !steps.has(step),
    );
    if (found < 0) found = pool.push({ shape, steps: new Set() }) - 1;
    pool[found]!.steps.add(step);
    assignment[i] = found;
  }
  return { images: pool.map(({ shape }) => shape), assignment };
}

export const imageBytes = ({ dtype, width, height }: ImageShape): number => width * height * 4 * bytesPerElement[dtype];

export function createImage(device: GPUDevice, { dtype, width, height }: ImageShape): GPUTexture {
  return device.createTexture({
    label: 'image',
    size: [width, height],
    format: texelFormat(dtype),
    usage: STORAGE_BINDING | COPY_DST,
  });
}

/** Whole rows of the image at once; then what is left for the last one, if it is not full. */
export function copyToImage(encoder: GPUCommandEncoder, { source, texture, shape }: ImageCopy): void {
  const { dtype, rowTexels, texels } = shape;
  const bytesPerRow = rowTexels * 4 * bytesPerElement[dtype];
  const full = Math.floor(texels / rowTexels);
  const rest = texels % rowTexels;
  if (full > 0) encoder.copyBufferToTexture({ buffer: source, bytesPerRow }, { texture }, [rowTexels, full]);
  if (rest > 0) {
    const offset = full * bytesPerRow;
    encoder.copyBufferToTexture({ buffer: source, offset }, { texture, origin: [0, full] }, [rest, 1]);
  }
}
