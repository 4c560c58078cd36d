/** What kernels for software drivers share. There a subgroup is one SIMD register of the processor. */

import type { DeviceProfile } from './kernel.js';

/** Why a kernel for software drivers should not be chosen: hardware does better with tiles in workgroup memory. */
export const preferOnSoftware = ({ kind }: DeviceProfile): string | null =>
  kind === 'software' ? null : 'made for software drivers';

/** Why a kernel whose workgroup is one subgroup of fixed size cannot run, or null; the size is `subgroups.min`. */
export function unsupportedLanes({ subgroups }: DeviceProfile, served: readonly number[] = [8, 16]): string | null {
  const { supported, min, max } = subgroups;
  if (!supported) return 'the device has no subgroup operations';
  if (min === max && served.includes(min)) return null;
  return `needs subgroups of exactly ${served.join(' or ')} lanes, not ${min} to ${max}`;
}
