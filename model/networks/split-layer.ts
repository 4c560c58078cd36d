/** Layers that are too wide for one buffer of weights, by parts: see weights/split-outputs.ts. */

import { concat, type Tensor } from '../../engine/engine.js';
import { outputParts } from '../../weights/index.js';

export interface SplitLayer {
  name: string;
  outputs: number;
  /** Weights of each output. */
  inputs: number;
  /** Bytes of a buffer of weights at most, in f32. */
  mostBytes: number;
}

/** The layer that `trace` makes of a name and a number of outputs, along the last dimension, whole or by parts. */
export function splitLayer(
  { name, outputs, inputs, mostBytes }: SplitLayer,
  trace: (name: string, outputs: number) => Tensor,
): Tensor {
  const sizes = outputParts(outputs, inputs, mostBytes);
  if (sizes.length === 1) return trace(name, outputs);
  const parts = sizes.map((size, i) => trace(`${name}.${i}`, size));
  return concat(parts, parts[0]!.rank - 1);
}
