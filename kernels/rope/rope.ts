/** Rotary position embedding (Su et al. 2021, arXiv:2104.09864), the halves of a head turned against each other. */

import { type Family, flatGrid, input, output, type Problem, sizeOf, type Variant } from '../kernel.js';

export interface RopeAttributes {
  /** Turns back: the gradient, since a rotation's adjoint is its inverse. */
  inverse: boolean;
}

/** inputs: x [..., N, D] and a table f32 [N, D] of D/2 cosines and D/2 sines a position; output as x. */
export type RopeProblem = Problem & RopeAttributes;

function variant(vec: 1 | 4): Variant<RopeProblem> {
  return {
    name: vec === 4 ? 'vec4' : 'naive',
    unsupportedReason: (_, { inputs }) =>
      (inputs[1]!.shape[1]! / 2) % vec === 0 ? null : 'half a head is not made of whole vec4s',
    lower(profile, { inputs: [x, table], inverse }) {
      const [positions, width] = table!.shape as [number, number];
      const items = sizeOf(x!.shape) / (2 * vec);
      return {
        variant: this.name,
        calls: [
          {
            template: 'rope/rope',
            defines: { TYPE: x!.dtype, INVERSE: inverse, VEC: vec },
            buffers: [input(0), input(1), output()],
            params: { items, positions, half_width: width / 2 / vec },
            workgroups: flatGrid(items, 64, profile.maxWorkgroupsPerDimension),
          },
        ],
      };
    },
  };
}

export const ropeFamily: Family<RopeProblem> = { name: 'rope', variants: [variant(4), variant(1)] };

/** Cosines and sines of (offset + n)·base^(−i / half) for each position n and frequency i, computed in f64. */
export function ropeTable(positions: number, width: number, offset: number, base: number): Float32Array {
  const half = width / 2;
  const table = new Float32Array(positions * width);
  for (let n = 0; n < positions; n++) {
    for (let i = 0; i < half; i++) {
      const angle = (offset + n) * base ** (-i / half);
      table[n * width + i] = Math.cos(angle);
      table[n * width + half + i] = Math.sin(angle);
    }
  }
  return table;
}
