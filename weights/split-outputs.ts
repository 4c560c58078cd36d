/** Layers whose weights no device need bind as one buffer: their outputs are split into parts, each a layer of its own. */

import { type Checkpoint, type CheckpointTensor, checkpointOf, countOf } from './checkpoint.js';

/** Bytes of the largest buffer that every WebGPU device binds (default of `maxStorageBufferBindingSize`). */
export const BINDABLE_BYTES: number = 2 ** 27;

/** Sizes of the least number of parts, nearly equal, of `outputs` with `inputs` f32 weights each, that have `most` bytes each. */
export function outputParts(outputs: number, inputs: number, most: number): number[] {
  const count = Math.max(1, Math.ceil(outputs / Math.max(1, Math.floor(most / (4 * inputs)))));
  const starts = Array.from({ length: count + 1 }, (_, i) => Math.round((i * outputs) / count));
  return starts.slice(1).map((end, i) => end - starts[i]!);
}

/** Where a part of a tensor lies in the tensor: along its first dimension, which is that of the outputs. */
interface Source {
  name: string;
  first: number;
}

/**
 * The checkpoint with each `LAYER.weight` of more than `most` bytes as f32, and its bias, split along the first dimension into
 * `LAYER.0.weight`, `LAYER.1.weight`, … of the sizes that `outputParts` gives.
 */
export function splitOutputs(checkpoint: Checkpoint, most: number = BINDABLE_BYTES): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  const sources = new Map<string, Source>();
  for (const [name, tensor] of checkpoint.tensors) {
    const [, layer, part] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
    const weight = checkpoint.tensors.get(`${layer}.weight`);
    const sizes = weight && weight.shape.length > 1 ? partsOf(weight, most) : [];
    if (sizes.length < 2) {
      tensors.set(name, tensor);
      continue;
    }
    const [, ...rest] = tensor.shape;
    let row = 0;
    for (const [i, size] of sizes.entries()) {
      tensors.set(`${layer}.${i}.${part}`, { dtype: tensor.dtype, shape: [size, ...rest] });
      sources.set(`${layer}.${i}.${part}`, { name, first: row * countOf(rest) });
      row += size;
    }
  }
  return checkpointOf({
    name: checkpoint.name,
    format: checkpoint.format,
    tensors,
    values: checkpoint.values,
    readPart(name, first, count) {
      const source = sources.get(name);
      return checkpoint.readPart(source?.name ?? name, first + (source?.first ?? 0), count);
    },
    close: () => checkpoint.close(),
  });
}

const partsOf = ({ shape: [outputs = 1, ...inputs] }: CheckpointTensor, most: number): number[] =>
  outputParts(outputs, countOf(inputs), most);
