/** Batched matrix product with an epilogue. */

import type { Family } from '../kernel.js';
import { naive } from './naive.js';
import type { MatmulProblem } from './problem.js';
import { subgroup, subgroupTexture } from './subgroup.js';
import { subgroupMatrix } from './subgroup-matrix.js';
import { tile } from './tile.js';

export type { MatmulAttributes, MatmulProblem } from './problem.js';

export const matmulFamily: Family<MatmulProblem> = {
  name: 'matmul',
  variants: [subgroupTexture, subgroup, subgroupMatrix, tile, naive],
};
