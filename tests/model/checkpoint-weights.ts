/** Puts a golden file's weights, in PyTorch's layout under checkpoint names, where a traced model looks for them. */

import assert from 'node:assert/strict';
import type { Engine } from '../../engine/engine.js';
import type { Parameters } from '../../model/parameters.js';
import type { SafetensorsFile } from '../../weights/index.js';

/** Writes every parameter that `p` asked for; fails where the file has not the same names and shapes. */
export async function writeCheckpointWeights(engine: Engine, p: Parameters, file: SafetensorsFile): Promise<void> {
  for (const { name, shape, torchOrder = shape.map((_, d) => d) } of p.specs.values()) {
    const found = file.tensors.get(name);
    assert.ok(found, `the file has no ${name}`);
    assert.deepEqual(
      torchOrder.map((d) => found.shape[d]),
      [...shape],
      name,
    );
    const values = permuted(await file.readAsF32(name), found.shape, torchOrder);
    engine.variables.write(name, { shape, dtype: 'f32' }, values);
  }
}

/** Dimension `d` of the result is dimension `order[d]` of the values. */
function permuted(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const sizes = order.map((d) => shape[d]!);
  const steps = order.map((d) => strides[d]!);
  return values.map((_, i) => {
    let rest = i;
    let from = 0;
    for (let d = sizes.length - 1; d >= 0; d--) {
      from += (rest % sizes[d]!) * steps[d]!;
      rest = Math.floor(rest / sizes[d]!);
    }
    return values[from]!;
  });
}

/** Σ(found − expected)² / Σ expected². */
export function normalisedError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(found.length, expected.length);
  let error = 0;
  let size = 0;
  for (let i = 0; i < found.length; i++) {
    error += (found[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return error / size;
}
