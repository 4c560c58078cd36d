/** Who reads and updates which tensor: what fusion must not break. */

import type { Node, Tensor } from '../graph.js';
import { type MapAttributes, mapOp } from '../ops/elementwise.js';

export type MapNode = Node & { readonly attrs: MapAttributes };

export const isMap = (node: Node): node is MapNode => node.op === (mapOp as unknown);

export class Uses {
  /** For each tensor the positions of its consumers. */
  readonly #consumers = new Map<Tensor, number[]>();
  /** For each variable the positions of the nodes that update it. */
  readonly #updates = new Map<Tensor, number[]>();
  readonly #readBack: ReadonlySet<Tensor>;

  /** Tensors of `readBack` are read by the host after the run. */
  constructor(nodes: readonly Node[], readBack: ReadonlySet<Tensor>) {
    this.#readBack = readBack;
    for (const [i, node] of nodes.entries()) {
      for (const t of node.inputs) append(this.#consumers, t, i);
      for (const k of node.op.mutates ?? []) append(this.#updates, node.inputs[k]!, i);
    }
  }

  /** One node reads `t`, once, and the host does not. */
  isOnlyUse(t: Tensor): boolean {
    return !this.#readBack.has(t) && this.#consumers.get(t)?.length === 1;
  }

  /** Moving a node from position `from` to `to` would let it read an updated variable. */
  crossesUpdate(node: Node, from: number, to: number): boolean {
    return node.inputs.some((t) => this.#updates.get(t)?.some((at) => at > from && at < to) ?? false);
  }
}

function append(map: Map<Tensor, number[]>, t: Tensor, position: number): void {
  const list = map.get(t);
  if (list) list.push(position);
  else map.set(t, [position]);
}
