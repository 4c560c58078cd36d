/** What kernels for software drivers share. There a subgroup is one SIMD register of the processor. */

import type { DeviceProfile } from './kernel.js';

/** Why a kernel for software drivers should not be chosen: hardware does better with tiles in workgroup memory. */
export const preferOnSoftware = ({ kind }: DeviceProfile): string | null =>
  kind === 'software' ? null : 'made for software drivers';

/** Why a kernel that relies on subgroups of one known size, `subgroups.min`, cannot run, or null. */
export function unsupportedSubgroups({ subgroups: { supported, min, max } }: DeviceProfile): string | null {
  if (!supported) return 'the device has no subgroup operations';
  return min === max ? null : `needs subgroups of one known size; here it varies from ${min} to ${max}`;
}

/** Why a kernel whose workgroup is one subgroup of one of the sizes `served` cannot run, or null. */
export function unsupportedLanes(profile: DeviceProfile, served: readonly number[] = [8, 16]): string | null {
  const { min } = profile.subgroups;
  const unserved = served.includes(min) ? null : `needs subgroups of ${served.join(' or ')} lanes, not ${min}`;
  return unsupportedSubgroups(profile) ?? unserved;
}
