/** Rows of a table by number: embeddings. */

import { lower, type TensorType } from '../../kernels/kernel.js';
import { gatherFamily, gatherGradientFamily } from '../../kernels/layout/gather.js';
import { DTypeError, ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';

const gatherOp: Op = {
  name: 'gather',
  infer([table, index]) {
    if (table!.shape.length !== 2) throw new ShapeError('the table has two dimensions: [rows, width]');
    checkIndex(index!);
    return [{ shape: [...index!.shape, table!.shape[1]!], dtype: table!.dtype }];
  },
  lower: (profile, problem, forced) => lower(gatherFamily, profile, problem, forced),
  gradient: ({ inputs: [table, index], grads: [g] }) => [
    g!.graph.apply(scatterOp, [g!, index!], { tableRows: table!.shape[0]! })[0]!,
    null,
  ],
};

const scatterOp: Op<{ tableRows: number }> = {
  name: 'gather-gradient',
  infer: ([g], { tableRows }) => [{ shape: [tableRows, g!.shape.at(-1)!], dtype: g!.dtype }],
  lower: (profile, problem, forced) => lower(gatherGradientFamily, profile, problem, forced),
  gradient: ({ inputs: [, index], grads: [g] }) => [gather(g!, index!), null],
};

function checkIndex(index: TensorType): void {
  if (index.dtype !== 'u32') throw new DTypeError(`indices are u32, not ${index.dtype}`);
}

/**
 * `table[index]`, as an embedding: table [V, D] and index u32 [...] → [..., D]. Indices past the last row give the last row.
 * The gradient of the table costs V·D·N, so it is for small tables (classes, positions).
 */
export const gather = (table: Tensor, index: Tensor): Tensor => table.graph.apply(gatherOp, [table, index], {})[0]!;
