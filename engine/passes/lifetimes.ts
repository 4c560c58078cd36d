/** From which node to which each storage root and each scratch tensor is needed. */

import { byteLength, type DeviceProfile } from '../../kernels/kernel.js';
import { LimitError } from '../errors.js';
import type { Node, Tensor } from '../graph.js';
import type { LoweredNode } from './lower.js';
import type { Passed } from './pass.js';
import type { Lifetime } from './slots.js';
import type { StorageRoots } from './storage.js';

export interface Lifetimes {
  /** Of storage roots that nodes make, in the order in which they are made. */
  readonly roots: ReadonlyMap<Tensor, Lifetime>;
  /** For each node, those of its scratch tensors. */
  readonly scratch: readonly (readonly Lifetime[])[];
}

/** @throws {LimitError} when a tensor is larger than a buffer or a binding may be */
export function findLifetimes(
  lowered: readonly LoweredNode[],
  storage: StorageRoots,
  profile: DeviceProfile,
): Passed<Lifetimes> {
  const roots = new Map<Tensor, Lifetime>();
  const limit = Math.min(profile.maxBufferBytes, profile.maxBindingBytes);
  for (const [i, { node }] of lowered.entries()) {
    for (const t of node.outputs) {
      const root = storage.of(t);
      if (roots.has(root)) continue;
      const bytes = byteLength(root);
      requireFits(bytes, limit, () => outputText(node));
      roots.set(root, { bytes, first: i, last: storage.lastRead(root) ?? i });
    }
  }
  const scratch = lowered.map(({ node, lowering }, i) =>
    (lowering.scratch ?? []).map((type): Lifetime => {
      const bytes = byteLength(type);
      requireFits(bytes, limit, () => `scratch of ${outputText(node)}`);
      return { bytes, first: i, last: i };
    }),
  );
  return {
    result: { roots, scratch },
    did: `${roots.size} storage roots and ${scratch.flat().length} scratch tensors`,
  };
}

function requireFits(bytes: number, limit: number, name: () => string): void {
  if (bytes <= limit) return;
  throw new LimitError(
    `${name()} needs ${bytes} bytes in one buffer; this device binds ${limit} at most. Use a smaller batch or window`,
  );
}

const outputText = (node: Node): string =>
  `the output of ${node.op.name} ${node.outputs[0] ?? ''} in ${node.path || 'top level'}`;
