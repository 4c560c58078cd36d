/** Kernel calls with what they bind: the last pass. */

import { type BufferRef, byteLength, type TensorType } from '../../kernels/kernel.js';
import type { ConstantData, Graph, Tensor } from '../graph.js';
import type { Binding, Program, Step, StorageLocation } from '../program.js';
import type { LoweredNode } from './lower.js';
import type { Passed } from './pass.js';
import type { Slots } from './slots.js';
import { type StorageRoots, typeOf } from './storage.js';
import type { TextureOperands } from './texture-operands.js';

type Bound = Pick<Program, 'steps' | 'inputs' | 'variables' | 'constants' | 'outputs'>;

export function bindSteps(
  graph: Graph,
  lowered: readonly LoweredNode[],
  roots: StorageRoots,
  slots: Slots,
  textures: TextureOperands,
): Passed<Bound> {
  const locations = new Locations(roots, slots);
  const steps: Step[] = [];
  for (const [i, { node, lowering }] of lowered.entries()) {
    const locate = ({ of, index }: BufferRef): StorageLocation =>
      of === 'scratch'
        ? locations.ofScratch(i, index, lowering.scratch![index]!)
        : locations.of((of === 'input' ? node.inputs : node.outputs)[index]!);
    for (const call of lowering.calls) {
      const bindings = call.buffers.map((ref, binding): Binding => {
        const source = locate(ref);
        if (!ref.texture) return source;
        const texture = textures.at(steps.length, binding);
        return { in: 'texture', texture, layout: ref.texture, source, bytes: source.bytes };
      });
      steps.push({
        op: node.op.name,
        path: node.path,
        variant: lowering.variant,
        passedOver: lowering.passedOver ?? [],
        call,
        bindings,
        flops: (lowering.flops ?? 0) / lowering.calls.length,
        bytes: bindings.reduce((sum, { bytes }) => sum + bytes, 0),
      });
    }
  }
  const outputs = new Map(
    [...graph.outputs].map(([name, t]) => [name, { type: typeOf(t), location: locations.of(t) }]),
  );
  const { inputs, variables, constants } = locations;
  const did = `${steps.length} steps over ${inputs.size} inputs, ${variables.size} variables, ${constants.size} constants`;
  return { result: { steps, inputs, variables, constants, outputs }, did };
}

/** Storage locations of tensors; notes which inputs, variables and constants are used. */
class Locations {
  readonly inputs = new Map<string, TensorType>();
  readonly variables = new Map<string, TensorType>();
  readonly constants: Map<number, { type: TensorType; data: ConstantData }> = new Map();
  readonly #roots: StorageRoots;
  readonly #slots: Slots;

  constructor(roots: StorageRoots, slots: Slots) {
    this.#roots = roots;
    this.#slots = slots;
  }

  of(t: Tensor): StorageLocation {
    const root = this.#roots.of(t);
    const bytes = byteLength(t);
    const { origin } = root;
    if ('node' in origin) return { in: 'slot', slot: this.#slots.roots.get(root)!, bytes };
    if (origin.kind === 'constant') {
      this.constants.set(root.id, { type: typeOf(root), data: origin.data });
      return { in: 'constant', id: root.id, bytes };
    }
    (origin.kind === 'input' ? this.inputs : this.variables).set(origin.name, typeOf(root));
    return { in: origin.kind, name: origin.name, bytes };
  }

  ofScratch(node: number, index: number, type: TensorType): StorageLocation {
    return { in: 'slot', slot: this.#slots.scratch[node]![index]!, bytes: byteLength(type) };
  }
}
