/** Workgroups that reduce a row together: one subgroup without barriers, or a tree in workgroup memory. */

import type { DeviceProfile } from '../kernel.js';
import { unsupportedSubgroups } from '../software.js';

export interface Lanes {
  /** Suffix of variant names. */
  readonly name: 'subgroup' | 'workgroup';
  unsupportedReason(profile: DeviceProfile): string | null;
  notPreferredReason(profile: DeviceProfile): string | null;
  /** Values of the `#param`s of `reduce/lanes.wgsl`. */
  defines(profile: DeviceProfile): { LANES: number; SUBGROUP: boolean };
}

/** Lanes are a CPU's SIMD lanes on software drivers, where barriers and workgroup memory are slow. */
export const subgroupLanes: Lanes = {
  name: 'subgroup',
  unsupportedReason: unsupportedSubgroups,
  notPreferredReason: (profile) => (profile.kind === 'software' ? null : 'one subgroup a row leaves a GPU idle'),
  defines: (profile) => ({ LANES: profile.subgroups.min, SUBGROUP: true }),
};

export const workgroupLanes: Lanes = {
  name: 'workgroup',
  unsupportedReason: () => null,
  notPreferredReason: (profile) => (profile.kind === 'software' ? 'barriers are slow on software drivers' : null),
  defines: (profile) => ({ LANES: profile.maxWorkgroupInvocations >= 256 ? 256 : 64, SUBGROUP: false }),
};
