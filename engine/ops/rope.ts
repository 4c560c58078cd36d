/** Rotary position embedding. */

import { lower } from '../../kernels/kernel.js';
import { type RopeAttributes, ropeFamily, ropeTable } from '../../kernels/rope/rope.js';
import { ShapeError } from '../errors.js';
import type { Graph, Op, Tensor } from '../graph.js';

const ropeOp: Op<RopeAttributes> = {
  name: 'rope',
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  lower: (profile, problem, forced) => lower(ropeFamily, profile, problem, forced),
  gradient: ({ inputs: [, table], grads: [g], attrs: { inverse } }) => [
    g!.graph.apply(ropeOp, [g!, table!], { inverse: !inverse })[0]!,
    null,
  ],
};

/** One table of angles a graph and size: every block of a model turns by the same angles. */
const tables = new WeakMap<Graph, Map<string, Tensor>>();

function tableOf(graph: Graph, positions: number, width: number, offset: number, base: number): Tensor {
  const known = tables.get(graph) ?? new Map<string, Tensor>();
  tables.set(graph, known);
  const key = [positions, width, offset, base].join();
  const table = known.get(key) ?? graph.constant(ropeTable(positions, width, offset, base), [positions, width]);
  known.set(key, table);
  return table;
}

export interface RopeOptions {
  /** Position of the first row; 0 unless given. */
  offset?: number;
  /** Wavelengths run from 2π to 2π·base positions; 10000 unless given. */
  base?: number;
}

/**
 * x [..., N, D], D even, with the pair (x[i], x[i + D/2]) at position n turned by (offset + n)·base^(−2i/D) radians (Su
 * et al. 2021, arXiv:2104.09864 §3.4.2). Angles are computed in f64, so long sequences lose no precision.
 * @throws {ShapeError} when D is odd
 */
export function rope(x: Tensor, { offset = 0, base = 10000 }: RopeOptions = {}): Tensor {
  const [positions, width] = x.shape.slice(-2) as [number, number];
  if (x.rank < 2 || width % 2 !== 0) {
    throw new ShapeError(`rope(${x}): needs [..., positions, width] with an even width, since it turns pairs`);
  }
  return x.graph.apply(ropeOp, [x, tableOf(x.graph, positions, width, offset, base)], { inverse: false })[0]!;
}
