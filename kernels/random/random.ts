/** Random numbers by counter: the same for the same seed, step and stream on every adapter. */

import { type Family, flatGrid, input, output, type Problem, sizeOf } from '../kernel.js';
import type { RandomKind } from './philox.js';

export interface RandomAttributes {
  kind: RandomKind;
  /** Tells apart what is drawn at the same seed and step. */
  stream: number;
  /** Block of four numbers at which row 0 begins. */
  first: number;
  /** Blocks of four numbers in a row; 0 where there are no rows. */
  rowBlocks: number;
  /** Last word of the counter; 0 but in tests. */
  domain: number;
}

/** inputs: seed u32 [2], step u32 [1], row to begin at u32 [1]; output of any shape, u32 for bits. */
export type RandomProblem = Problem & RandomAttributes;

export const randomFamily: Family<RandomProblem> = {
  name: 'random',
  variants: [
    {
      name: 'naive',
      unsupportedReason: () => null,
      lower(profile, { outputs: [y], kind, stream, first, rowBlocks, domain }) {
        const count = sizeOf(y!.shape);
        return {
          variant: 'naive',
          calls: [
            {
              template: 'random/random',
              defines: { KIND: kind, TYPE: y!.dtype },
              buffers: [input(0), input(1), input(2), output()],
              params: { count, first, row_blocks: rowBlocks, stream, domain },
              workgroups: flatGrid(Math.ceil(count / 4), 64, profile.maxWorkgroupsPerDimension),
            },
          ],
        };
      },
    },
  ],
};
