/** From a graph to a program: passes over the nodes. Nothing here touches a device. */

import type { DeviceProfile } from '../kernels/kernel.js';
import type { Graph } from './graph.js';
import { dropUnreachable } from './passes/drop-unreachable.js';
import { fuseEpilogues } from './passes/fuse-epilogues.js';
import { fuseMaps } from './passes/fuse-maps.js';
import { findLifetimes } from './passes/lifetimes.js';
import { lowerNodes } from './passes/lower.js';
import type { Passed } from './passes/pass.js';
import { allocateSlots } from './passes/slots.js';
import { bindSteps } from './passes/steps.js';
import { shareStorage } from './passes/storage.js';
import { allocateTextures } from './passes/texture-operands.js';
import type { PassReport, Program } from './program.js';

export interface PlanOptions {
  /** Off: each node runs as traced, for checks of the passes themselves. */
  fusion?: boolean;
  /** Kernel variant to force, by op name. */
  force?: Readonly<Record<string, string>>;
}

/**
 * @throws {LimitError} when a tensor is larger than the device can bind
 * @throws {KernelError} when no kernel variant, or not the forced one, supports a node
 */
export function planProgram(graph: Graph, profile: DeviceProfile, options: PlanOptions = {}): Program {
  const passes: PassReport[] = [];
  const pass = <T>(name: string, { result, did }: Passed<T>): T => {
    passes.push({ name, did });
    return result;
  };
  const readBack = new Set(graph.outputs.values());

  let nodes = pass('drop unreachable', dropUnreachable(graph));
  if (options.fusion !== false) {
    nodes = pass('fuse maps', fuseMaps(nodes, readBack));
    nodes = pass('fuse epilogues', fuseEpilogues(nodes, readBack));
  }
  const storage = pass('share storage', shareStorage(nodes, readBack));
  const lowered = pass('lower', lowerNodes(storage, profile, options.force));
  const lifetimes = pass('lifetimes', findLifetimes(lowered, storage.roots, profile));
  const slots = pass('slots', allocateSlots(lifetimes));
  const operands = pass('texture operands', allocateTextures(lowered));
  const bound = pass('steps', bindSteps(graph, lowered, storage.roots, slots, operands));
  return { ...bound, slots: slots.plan, textures: operands.textures, passes };
}
