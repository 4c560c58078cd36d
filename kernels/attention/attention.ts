/** Scaled dot-product attention with an online softmax. */

import type { Family } from '../kernel.js';
import { fusedSubgroup, fusedSubgroupTexture } from './fused-subgroup.js';
import { fusedTile } from './fused-tile.js';
import { naive } from './naive.js';
import type { AttentionProblem } from './problem.js';

export type { AttentionAttributes, AttentionProblem } from './problem.js';
export { MAX_HEAD } from './problem.js';

export const attentionFamily: Family<AttentionProblem> = {
  name: 'attention',
  variants: [fusedSubgroupTexture, fusedSubgroup, fusedTile, naive],
};
