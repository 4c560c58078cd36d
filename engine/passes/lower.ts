/** Chooses a kernel variant for each node and asks it for the calls. */

import type { DeviceProfile, Lowering } from '../../kernels/kernel.js';
import type { Node } from '../graph.js';
import { countsText, type Passed } from './pass.js';
import { problemOf, type StoragePlan } from './storage.js';

export interface LoweredNode {
  readonly node: Node;
  readonly lowering: Lowering;
}

/** `force` names a variant by op name. */
export function lowerNodes(
  { nodes, inPlace }: StoragePlan,
  profile: DeviceProfile,
  force: Readonly<Record<string, string>> = {},
): Passed<LoweredNode[]> {
  const result = nodes.map((node) => {
    const operand = inPlace.get(node);
    const problem = { ...problemOf(node), ...(operand !== undefined && { inPlace: operand }) };
    return { node, lowering: node.op.lower(profile, problem, force[node.op.name]) };
  });
  const calls = result.reduce((sum, { lowering }) => sum + lowering.calls.length, 0);
  const variants = countsText(result.map(({ node, lowering }) => `${node.op.name}/${lowering.variant}`));
  return { result, did: `${nodes.length} nodes → ${calls} kernel calls: ${variants}` };
}
