/** Named tensors in PyTorch's layouts (channels before rows and columns): inputs and outputs of a model's stages. */

import { OnsetError } from '../../kernels/errors.js';

export interface NamedTensor {
  shape: readonly number[];
  data: Float32Array | Int32Array;
}

export type NamedTensors = Map<string, NamedTensor>;

/** A stage was not given what it takes. */
export class StageInputError extends OnsetError {
  override name = 'StageInputError';
}

/**
 * The input of that name, which must have the shape; a letter stands for any size.
 *
 * @throws {StageInputError} when it is missing or has another shape.
 */
export function namedInput(inputs: NamedTensors, name: string, shape: readonly (number | string)[]): NamedTensor {
  const tensor = inputs.get(name);
  const expected = `[${shape.join(', ')}]`;
  if (!tensor) {
    throw new StageInputError(
      `the input has no '${name}' ${expected}; it has ${[...inputs.keys()].join(', ') || 'nothing'}`,
    );
  }
  if (tensor.shape.length !== shape.length || shape.some((n, d) => typeof n === 'number' && n !== tensor.shape[d])) {
    throw new StageInputError(`'${name}' has shape [${tensor.shape.join(', ')}]; ${expected} is expected`);
  }
  return tensor;
}

/** The values of [B, C, …rest] as [B, …rest, C]. */
export function channelsLast({ shape, data }: NamedTensor): Float32Array {
  const [batch, channels] = shape as [number, number];
  const places = data.length / batch / channels;
  return swapAxes(data, batch, channels, places);
}

/** Values [B, H, W, C] as a tensor [B, C, H, W]. */
export function channelsFirst(values: Float32Array, shape: readonly number[]): NamedTensor {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return { shape: [batch, channels, height, width], data: swapAxes(values, batch, height * width, channels) };
}

/** [batch, rows, columns] → [batch, columns, rows]. */
function swapAxes(values: ArrayLike<number>, batch: number, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let b = 0; b < batch; b++) {
    const at = b * rows * columns;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) out[at + c * rows + r] = values[at + r * columns + c]!;
    }
  }
  return out;
}
