/** Every target of `node engine pull`. */

import { APPEARANCE } from './appearance.js';
import { RECORDINGS } from './recordings.js';
import type { PullTarget } from './target.js';
import { VTA_LDM } from './vta-ldm.js';

const TARGETS: readonly PullTarget[] = [VTA_LDM, APPEARANCE, RECORDINGS];

export const TARGET_NAMES: readonly string[] = TARGETS.map(({ name }) => name);

export function targetNamed(name: string): PullTarget | undefined {
  return TARGETS.find((target) => target.name === name);
}
