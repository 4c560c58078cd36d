/** Magnitude, power or log magnitude of complex numbers [..., 2], and the gradient: two families of one kernel each. */

import { type Family, flatGrid, input, output, type Problem, sizeOf, type Variant } from '../kernel.js';

export type ModulusKind = 'magnitude' | 'power' | 'log';

export interface ModulusAttributes {
  kind: ModulusKind;
  /** Added to the power of a `magnitude`, so that its gradient is smooth at zero. */
  eps: number;
  /** Least magnitude of a `log`. */
  floor: number;
}

/** x [..., 2] → y [...]. */
export type ModulusProblem = Problem & ModulusAttributes;
/** x [..., 2], g [...] → dx [..., 2]. */
export type ModulusGradientProblem = Problem & ModulusAttributes;

const modulus: Variant<ModulusProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, { inputs: [x], outputs: [y], kind, eps, floor }) {
    const count = sizeOf(y!.shape);
    return {
      variant: 'naive',
      calls: [
        {
          template: 'stft/modulus',
          defines: { KIND: kind, X_TYPE: x!.dtype, Y_TYPE: y!.dtype },
          buffers: [input(0), output()],
          params: { count, eps, floor },
          workgroups: flatGrid(Math.ceil(count / 2), 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: 4 * count,
    };
  },
};

const modulusGradient: Variant<ModulusGradientProblem> = {
  name: 'naive',
  unsupportedReason: () => null,
  lower(profile, { inputs: [x, g], kind, eps, floor }) {
    const count = sizeOf(g!.shape);
    return {
      variant: 'naive',
      calls: [
        {
          template: 'stft/modulus-gradient',
          defines: { KIND: kind, X_TYPE: x!.dtype, G_TYPE: g!.dtype },
          buffers: [input(0), input(1), output()],
          params: { count, eps, floor },
          workgroups: flatGrid(Math.ceil(count / 2), 64, profile.maxWorkgroupsPerDimension),
        },
      ],
      flops: 8 * count,
    };
  },
};

export const modulusFamily: Family<ModulusProblem> = { name: 'modulus', variants: [modulus] };
export const modulusGradientFamily: Family<ModulusGradientProblem> = {
  name: 'modulus-gradient',
  variants: [modulusGradient],
};
