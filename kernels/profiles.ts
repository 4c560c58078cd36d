/** Devices that are not here: what the compile check and the harness ask variants about. */

import type { DeviceProfile, SubgroupMatrixConfig } from './kernel.js';

/** Shapes of matrix units as NVIDIA (16×16×16) and Intel (8×16×16) list them, and Apple's 8×8×8. */
const MATRICES: readonly SubgroupMatrixConfig[] = [
  { componentType: 'f16', resultComponentType: 'f32', M: 16, N: 16, K: 16 },
  { componentType: 'f16', resultComponentType: 'f32', M: 8, N: 16, K: 16 },
  { componentType: 'f16', resultComponentType: 'f32', M: 8, N: 8, K: 8 },
  { componentType: 'f16', resultComponentType: 'f16', M: 16, N: 16, K: 16 },
  { componentType: 'f32', resultComponentType: 'f32', M: 8, N: 8, K: 8 },
];

/**
 * A software driver, a discrete GPU of plain WebGPU, and one with everything, with the limits of a real device:
 * together they reach every variant of every family.
 */
export function idealProfiles(limits: DeviceProfile): DeviceProfile[] {
  const software: DeviceProfile = {
    ...limits,
    kind: 'software',
    vendor: 'mesa',
    architecture: 'llvmpipe',
    description: 'llvmpipe',
    f16: true,
    subgroups: { supported: true, min: 8, max: 8 },
    subgroupMatrices: [],
  };
  const discrete: DeviceProfile = {
    ...software,
    kind: 'discrete',
    vendor: 'nvidia',
    architecture: '',
    description: '',
    subgroups: { supported: true, min: 32, max: 32 },
  };
  return [
    software,
    { ...software, subgroups: { supported: true, min: 16, max: 16 } },
    { ...software, subgroups: { supported: false, min: 0, max: 0 } },
    discrete,
    { ...discrete, kind: 'integrated', f16: false, subgroups: { supported: false, min: 0, max: 0 } },
    ...MATRICES.map((config) => ({ ...discrete, subgroupMatrices: [config] })),
    { ...discrete, subgroupMatrices: MATRICES },
  ];
}
