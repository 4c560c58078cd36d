/**
 * Batch normalisation folded into the convolution before it (Jacob et al. 2018, section 3.2), for inference:
 * w' = w · γ / √(σ² + ε) and b' = β − μ · γ / √(σ² + ε), in f64 and rounded once.
 */

import { type Checkpoint, type CheckpointTensor, checkpointOf, countOf } from './checkpoint.js';
import { readableDType } from './dtype.js';
import { LayoutError } from './errors.js';
import { showShape } from './safetensors-header.js';
import { toF32 } from './to-f32.js';

/** A convolution without bias and the normalisation of its output, by their names in the checkpoint. */
export interface NormalisedConv {
  conv: string;
  norm: string;
}

export interface FoldOptions {
  /** Convolutions by the names that they are to have: each becomes `NAME.weight` and `NAME.bias`. */
  convs: ReadonlyMap<string, NormalisedConv>;
  /** Tensors that stay as they are, by the names that they are to have. */
  kept: ReadonlyMap<string, string>;
  /** ε of the normalisation. */
  epsilon: number;
}

interface Affine {
  scale: Float64Array;
  shift: Float64Array;
}

/**
 * The checkpoint as a network without normalisation sees it. What the checkpoint lacks is left out, so that matching it
 * against a model names all of it.
 * @throws {LayoutError} when a normalisation does not fit its convolution
 */
export async function foldBatchNorm(
  checkpoint: Checkpoint,
  { convs, kept, epsilon }: FoldOptions,
): Promise<Checkpoint> {
  const tensors = new Map<string, CheckpointTensor>();
  const sources = new Map<string, string>();
  const affine = new Map<string, Affine>();
  for (const [name, { conv, norm }] of convs) {
    const kernel = checkpoint.tensors.get(`${conv}.weight`);
    const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => `${norm}.${part}`);
    if (!kernel || !parts.every((part) => checkpoint.tensors.has(part))) continue;
    const channels = kernel.shape[0] ?? 0;
    for (const part of parts) requireVector(checkpoint, part, channels);
    const [gain, offset, mean, variance] = await Promise.all(parts.map((part) => checkpoint.readAsF32(part)));
    const scale = Float64Array.from(gain!, (value, c) => value / Math.sqrt(variance![c]! + epsilon));
    const shift = Float64Array.from(offset!, (value, c) => value - mean![c]! * scale[c]!);
    affine.set(name, { scale, shift });
    tensors.set(`${name}.weight`, { dtype: 'F32', shape: kernel.shape });
    tensors.set(`${name}.bias`, { dtype: 'F32', shape: [channels] });
    sources.set(`${name}.weight`, `${conv}.weight`);
  }
  for (const [name, source] of kept) {
    const tensor = checkpoint.tensors.get(source);
    if (!tensor) continue;
    tensors.set(name, tensor);
    sources.set(name, source);
  }
  return checkpointOf({
    name: checkpoint.name,
    format: checkpoint.format,
    tensors,
    values: checkpoint.values,
    async readPart(name, first, count) {
      if (kept.has(name)) return checkpoint.readPart(sources.get(name)!, first, count);
      const { scale, shift } = affine.get(name.slice(0, name.lastIndexOf('.')))!;
      const source = sources.get(name);
      if (source === undefined) return Float32Array.from(shift.subarray(first, first + count));
      const kernel = checkpoint.tensors.get(source)!;
      const dtype = readableDType(kernel, source, checkpoint.name);
      const perChannel = countOf(kernel.shape.slice(1));
      const values = toF32(dtype, await checkpoint.readPart(source, first, count));
      return values.map((value, i) => value * scale[Math.floor((first + i) / perChannel)]!);
    },
    close: () => checkpoint.close(),
  });
}

function requireVector(checkpoint: Checkpoint, tensor: string, channels: number): void {
  const { shape } = checkpoint.tensors.get(tensor)!;
  if (shape.length === 1 && shape[0] === channels) return;
  throw new LayoutError('a normalisation does not fit its convolution', {
    file: checkpoint.name,
    tensor,
    expected: `[${channels}]`,
    found: showShape(shape),
  });
}
